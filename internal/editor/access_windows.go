package editor

// mayExecute: on Windows the name decides, which the caller has made.
func mayExecute(string) bool { return true }
