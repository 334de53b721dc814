package facts

// Build answers: does the user's own build pass here and now, and if not, what failed first?
type Build struct {
	Outcome string `json:"outcome"`
}
