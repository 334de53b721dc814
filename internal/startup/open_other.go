//go:build !unix

package startup

import "os"

const openFlags = os.O_RDONLY
