package toolchain

import "github.com/gorescue/gorescue/internal/text"

var invalidDoc = text.New(
	`GOTOOLCHAIN in a start-up file or in the go env file has a value that is none of local, auto, path, a release (go1.26.0), or
a release with +auto or +path: "1.26", "latest", "go1.26.x". Every command inside a module ends with "go: invalid
GOTOOLCHAIN …"; outside of modules all is well.

**How it is proven.** The value and the line that sets it, read by the rules of the go command.

**What looks the same.** gotoolchain-unavailable: a good value, of a release that is not here.

**What the fix does.** It takes exactly that line away, so that the default of the Go tree counts again. A value which the project's
.envrc sets is only proposed for removal.

**By hand.** go env GOTOOLCHAIN (works always); go env -u GOTOOLCHAIN, or edit the start-up file.

Sources: cmd/go/internal/toolchain/select.go (Select), https://go.dev/doc/toolchain.`,
	`启动文件或 go env 文件中的 GOTOOLCHAIN 的值不是 local、auto、path、某个版本（go1.26.0）或版本加 +auto、+path 之一，例如 "1.26"、"latest"、"go1.26.x"。
模块内的每条命令都以 "go: invalid GOTOOLCHAIN …" 结束；在模块之外一切正常。

**如何证明。** 按 go 命令的规则读取该值以及设置它的行。

**容易混淆的情况。** gotoolchain-unavailable：值是合法的，但该版本不在本机。

**修复做什么。** 只删除那一行，使 Go 目录的默认值重新生效。项目 .envrc 设置的值只建议删除。

**手动处理。** go env GOTOOLCHAIN（总能运行）；go env -u GOTOOLCHAIN，或编辑启动文件。

来源：cmd/go/internal/toolchain/select.go（Select）、https://go.dev/doc/toolchain。`)

var chainLineDoc = text.New(
	`The toolchain line of go.mod (or go.work) has a value that is no toolchain: "toolchain 1.26.0" without go, a range, a typing
error. With GOTOOLCHAIN=auto or path every command ends with "go: invalid toolchain … in go.mod".

**How it is proven.** The line itself; what the last commit has in its place.

**What looks the same.** gotoolchain-invalid: there the setting is bad, not the file. gomod-toolchain-line-too-new: a good name of a release
that cannot be had.

**What the fix does.** A line that differs from the last commit is taken back. A committed line is the project's: only advice.

**By hand.** git diff go.mod; go mod edit -toolchain=go1.26.0

Sources: cmd/go/internal/toolchain/select.go, https://go.dev/ref/mod#go-mod-file-toolchain.`,
	`go.mod（或 go.work）的 toolchain 行不是合法的工具链名："toolchain 1.26.0" 少了 go、写成范围，或拼写错误。在 GOTOOLCHAIN=auto 或 path 下，
每条命令都以 "go: invalid toolchain … in go.mod" 结束。

**如何证明。** 该行本身，以及最后一次提交中对应的内容。

**容易混淆的情况。** gotoolchain-invalid：那里错的是设置而不是文件。gomod-toolchain-line-too-new：名字合法，但该版本无法获得。

**修复做什么。** 与最后一次提交不同的行会被撤回。已提交的行属于项目，只给建议。

**手动处理。** git diff go.mod；go mod edit -toolchain=go1.26.0

来源：cmd/go/internal/toolchain/select.go、https://go.dev/ref/mod#go-mod-file-toolchain。`)

var unavailableDoc = text.New(
	`GOTOOLCHAIN names one release, and the go command cannot get it: the value ends in +path and no program of that name is in PATH;
GOPROXY=off; GOSUMDB=off (toolchains are always verified with the checksum database, also those in the module cache); or it is a
language version like go1.25, of which no release exists (go1.25.0 does). Every command in a module fails.

**How it is proven.** The value and its line; PATH and the module cache were searched for the release; the setting that forbids the
download. Whether the network would deliver it is not tried: without such a setting nothing is said.

**What looks the same.** gotoolchain-pinned-…: the release is there, but too old for the project.

**What the fix does.** It takes the line of GOTOOLCHAIN away. GOPROXY and GOSUMDB stay: they may be policy.

**By hand.** GOTOOLCHAIN=local go version; go env -u GOTOOLCHAIN

Sources: cmd/go/internal/toolchain/select.go (Exec), cmd/go/internal/modfetch/sumdb.go.`,
	`GOTOOLCHAIN 指定了一个版本，而 go 命令拿不到它：值以 +path 结尾而 PATH 中没有同名程序；GOPROXY=off；GOSUMDB=off（工具链必须经校验数据库验证，
模块缓存里的也一样）；或者写成了 go1.25 这样的语言版本，没有对应的发行版（有的是 go1.25.0）。模块内的每条命令都会失败。

**如何证明。** 给出该值及其所在行；在 PATH 和模块缓存中查找过该版本；指出禁止下载的设置。不会尝试网络能否提供：没有这样的设置就不下结论。

**容易混淆的情况。** gotoolchain-pinned-…：版本在本机，但对项目来说太旧。

**修复做什么。** 删除 GOTOOLCHAIN 那一行。GOPROXY 和 GOSUMDB 保持不变：它们可能是团队规定。

**手动处理。** GOTOOLCHAIN=local go version；go env -u GOTOOLCHAIN

来源：cmd/go/internal/toolchain/select.go（Exec）、cmd/go/internal/modfetch/sumdb.go。`)

var pinnedDoc = text.New(
	`GOTOOLCHAIN is set to an older release (by go env -w, or exported in a start-up file), or to local while the release that the project
asks for is on the machine. The go command then runs the older one although a good one is there: "go: go.mod requires go >=
1.26.0 (running go 1.25.0; GOTOOLCHAIN=go1.25.0)".

**How it is proven.** The value and its line; the release that it leads to (a program goX.Y.Z in PATH, the module cache, or the local one);
the go line that asks for more; the release that would do the work without the setting.

**What looks the same.** old-go-first-in-path-offline (nothing pins, PATH decides), gomod-go-line-too-new (no Go here satisfies). A pinned release
that satisfies the project is a choice and is not reported.

**What the fix does.** It takes exactly that line away (as go env -u does); if the tree's own default forbids the change too, it sets
GOTOOLCHAIN=auto in the go env file. The go line of go.mod is not lowered, no Go is removed.

**By hand.** go env GOTOOLCHAIN; GOTOOLCHAIN=local go version; go env -u GOTOOLCHAIN

Sources: cmd/go/internal/toolchain/select.go, https://go.dev/doc/toolchain, https://github.com/bakito/toolbox/issues/235.`,
	`GOTOOLCHAIN 被设为较旧的版本（用 go env -w，或在启动文件中 export），或者设为 local，而项目要求的版本就在本机。go 命令于是运行旧版本，尽管有可用的新版本：
"go: go.mod requires go >= 1.26.0 (running go 1.25.0; GOTOOLCHAIN=go1.25.0)"。

**如何证明。** 给出该值及其所在行；它指向的版本（PATH 中的 goX.Y.Z 程序、模块缓存，或本地版本）；要求更高版本的 go 行；以及没有该设置时会工作的版本。

**容易混淆的情况。** old-go-first-in-path-offline（没有固定版本，由 PATH 决定）、gomod-go-line-too-new（本机没有满足的 Go）。满足项目要求的固定版本是用户的选择，不报告。

**修复做什么。** 只删除那一行（等同 go env -u）；如果该目录的默认值也禁止切换，就在 go env 文件中设置 GOTOOLCHAIN=auto。不降低 go.mod 的 go 行，不删除任何 Go。

**手动处理。** go env GOTOOLCHAIN；GOTOOLCHAIN=local go version；go env -u GOTOOLCHAIN

来源：cmd/go/internal/toolchain/select.go、https://go.dev/doc/toolchain、https://github.com/bakito/toolbox/issues/235。`)

var localDefaultDoc = text.New(
	`Packages of distributions often ship go.env with GOTOOLCHAIN=local, and a Go tree without that line never changes either. The project
asks for a newer release, and one is on this machine (a program goX.Y.Z in PATH, or a toolchain in the module cache), but this go
is not allowed to change to it: "go.mod requires go >= … (running go …; GOTOOLCHAIN=local)".

**How it is proven.** Neither the environment nor the go env file sets GOTOOLCHAIN; the default of the tree in use is shown; the go line; and
the place of the release that would do.

**What looks the same.** gotoolchain-pinned-…: somebody set the value on purpose. gomod-go-line-too-new: no release here satisfies.

**What the fix does.** It sets GOTOOLCHAIN=auto in the go env file, as go env -w does. go.env of the tree stays as it is.

**By hand.** go env -w GOTOOLCHAIN=auto

Sources: cmd/go/internal/toolchain/select.go, https://go.dev/doc/toolchain#GOTOOLCHAIN.`,
	`发行版的软件包常常在 go.env 中写 GOTOOLCHAIN=local，没有这一行的 Go 目录也从不切换。项目要求更新的版本，本机也有（PATH 中的 goX.Y.Z 程序，或模块缓存中的工具链），
但这个 go 不允许切换过去："go.mod requires go >= …（running go …; GOTOOLCHAIN=local）"。

**如何证明。** 环境变量和 go env 文件都没有设置 GOTOOLCHAIN；给出所用目录的默认值、go 行，以及满足要求的版本所在位置。

**容易混淆的情况。** gotoolchain-pinned-…：有人特意设置了该值。gomod-go-line-too-new：本机没有满足的版本。

**修复做什么。** 在 go env 文件中设置 GOTOOLCHAIN=auto，等同 go env -w。不改动目录自带的 go.env。

**手动处理。** go env -w GOTOOLCHAIN=auto

来源：cmd/go/internal/toolchain/select.go、https://go.dev/doc/toolchain#GOTOOLCHAIN。`)

var oldFirstDoc = text.New(
	`Two Go trees are on the machine, and the older one comes first in PATH: a new line in a start-up file, an installer, a package of the
distribution. The project asks for more than the older one has. With GOTOOLCHAIN=auto the go command tries to download a release
("go: downloading go1.26.0 …", then "toolchain not available" where the proxy does not serve toolchains); with local it refuses.

**How it is proven.** The first go in PATH and its release; the go or toolchain line; the other tree, whole, with its release and place; the file
and line that decided the order. It is an error when the go command refuses or no download can work, and a warning when a download
might help.

**What looks the same.** An older Go that satisfies the project, or whose newer toolchain is in the module cache already, is a choice and
not reported. gotoolchain-pinned-…: a setting decides, not PATH.

**What the fix does.** It moves the folder of the older one behind the newer one at that very line, or puts the newer one first. Both stay
installed and in PATH. The go line is not lowered and the checksum database is not switched off.

**By hand.** type -a go; then reorder the PATH lines of the start-up file.

Sources: cmd/go/internal/toolchain/select.go; https://github.com/ergochat/ergo/issues/2154.`,
	`本机有两个 Go 目录，而旧的排在 PATH 前面：启动文件里新加的一行、安装程序或发行版软件包所致。项目要求的版本高于旧的那个。GOTOOLCHAIN=auto 时 go 会尝试下载
（"go: downloading go1.26.0 …"，如果代理不提供工具链，则 "toolchain not available"）；为 local 时则直接拒绝。

**如何证明。** PATH 中第一个 go 及其版本；go 行或 toolchain 行；另一个完整目录的版本和位置；决定顺序的文件和行。go 拒绝工作或确定无法下载时为错误；也许能下载时为警告。

**容易混淆的情况。** 旧版 Go 已满足项目，或所需工具链已在模块缓存中，都是用户的选择，不报告。gotoolchain-pinned-…：由设置而不是 PATH 决定。

**修复做什么。** 在那一行上把旧版目录移到新版之后，或把新版放到最前面。两者都保留在本机和 PATH 中。不降低 go 行，不关闭校验数据库。

**手动处理。** type -a go；然后调整启动文件中 PATH 各行的顺序。

来源：cmd/go/internal/toolchain/select.go；https://github.com/ergochat/ergo/issues/2154。`)

var goLineDoc = text.New(
	`The go line (or the toolchain line) of go.mod asks for a release that no Go on this machine satisfies and that cannot be fetched: an accidental
"go get go@latest", a quick fix of an editor, a typing error (1.99, 1.260), or a team that went ahead. "go: go.mod requires go
>= 1.99.0 (running go 1.26.8; GOTOOLCHAIN=local)".

**How it is proven.** The line; every release on this machine; why no other one can be fetched (GOTOOLCHAIN, GOPROXY, GOSUMDB, or a number that
cannot exist yet). Git tells whether the last commit has another line.

**What looks the same.** old-go-first-in-path-offline and gotoolchain-pinned-…: a release that satisfies is here. With GOTOOLCHAIN=auto and a
working proxy a newer line is normal and not reported. A dependency that asks for more is another finding.

**What the fix does.** A line that is not committed is taken back to what the last commit has, exactly this line. A committed line is never lowered:
then the advice is to install that release.

**By hand.** git diff go.mod; go mod edit -go=…

Sources: cmd/go/internal/modload/modfile.go (TooNewError); https://github.com/mvanhorn/cli-printing-press/issues/4538.`,
	`go.mod 的 go 行（或 toolchain 行）要求的版本，本机没有任何 Go 满足，也无法下载：误执行 "go get go@latest"、编辑器的快速修复、拼写错误（1.99、1.260），
或者团队已经升级。"go: go.mod requires go >= 1.99.0 (running go 1.26.8; GOTOOLCHAIN=local)"。

**如何证明。** 该行；本机的所有版本；为什么无法获得其他版本（GOTOOLCHAIN、GOPROXY、GOSUMDB，或该版本号还不可能存在）。git 说明最后一次提交是否有不同的行。

**容易混淆的情况。** old-go-first-in-path-offline 和 gotoolchain-pinned-…：本机有满足要求的版本。GOTOOLCHAIN=auto 且代理可用时，更新的 go 行是正常的，不报告。
依赖要求更高版本是另一种发现。

**修复做什么。** 未提交的行恢复为最后一次提交的内容，只改这一行。已提交的行绝不降低：只建议安装该版本。

**手动处理。** git diff go.mod；go mod edit -go=…

来源：cmd/go/internal/modload/modfile.go（TooNewError）；https://github.com/mvanhorn/cli-printing-press/issues/4538。`)
