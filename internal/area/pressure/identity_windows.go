package pressure

import "io/fs"

func identityOf(fs.FileInfo) (inode, bool) { return inode{}, false }
