package facts

// Class says who may see a value. Every string in the snapshot that comes from the machine
// carries one, by struct tag (`class:"path"`); a field without the tag holds only numbers and
// words of our own. What is not classified is not exported.
type Class string

// The classes. ClassSecret never leaves the machine; path, host, user and source leave it only
// redacted (home folders, host names, user names, text of the user's files).
const (
	ClassPublic Class = "public"
	ClassPath   Class = "path"
	ClassHost   Class = "host"
	ClassUser   Class = "user"
	ClassSecret Class = "secret"
	ClassSource Class = "source"
)
