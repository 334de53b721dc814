// Command server has faults, and healthy code that looks like them, one a mode. It prints its address, and works when
// /work is asked for.
package main

import (
	"fmt"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"strings"
)

// mode is one fault or one healthy twin. start runs once; work serves /work. A line with "// here: MODE" is what a
// diagnosis must name.
type mode struct {
	start func(base string)
	work  http.HandlerFunc
}

func main() {
	m, ok := modes[os.Args[1]]
	if !ok {
		for name := range modes {
			fmt.Println(name)
		}
		os.Exit(2)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	if m.work == nil {
		m.work = func(http.ResponseWriter, *http.Request) {}
	}
	http.HandleFunc("/work", m.work)
	http.HandleFunc("/page", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, strings.Repeat("answer ", 2000)) })
	http.HandleFunc("/stream", stream)
	fmt.Println(l.Addr())
	if m.start != nil {
		go m.start("http://" + l.Addr().String())
	}
	http.Serve(l, nil)
}

var modes = map[string]mode{
	"send-after-timeout":   {work: sendAfterTimeout},
	"send-first-wins":      {work: firstWins},
	"send-error-return":    {work: errorReturn},
	"receive-no-sender":    {work: receiveNoSender},
	"receive-global":       {work: receiveGlobal},
	"range-never-closed":   {work: rangeNeverClosed},
	"select-no-exit":       {work: selectNoExit},
	"nil-channel":          {work: nilChannel},
	"waitgroup-no-done":    {work: waitgroupNoDone},
	"waitgroup-in-handler": {work: waitgroupInner},
	"mutex-early-return":   {work: mutexEarlyReturn},
	"rwmutex-never":        {work: rwmutexNever},
	"cond-no-signal":       {work: condNoSignal},
	"ticker-no-exit":       {work: tickerNoExit},
	"ticker-select":        {work: tickerSelect},
	"sleep-loop":           {work: sleepLoop},
	"context-discarded":    {work: contextDiscarded},
	"context-never-called": {work: contextNeverCalled},
	"context-select":       {work: contextSelect},
	"body-never-closed":    {start: setBase, work: bodyNeverClosed},
	"body-early-return":    {start: setBase, work: bodyEarlyReturn},
	"body-behind-helper":   {start: setBase, work: bodyBehindHelper},
	"pipe-no-reader":       {work: pipeNoReader},
	"heap-map":             {work: heapMap},
	"heap-closures":        {work: heapClosures},
	"heap-slice":           {work: heapSlice},
	"heap-buffer":          {work: heapBuffer},
	"heap-decoded":         {work: heapDecoded},
	"pool-empty":           {work: poolEmpty},
	"mutex-order":          {work: mutexOrder},
	"send-fan-in":          {work: firstOf},
	"spin-default":         {start: spinDefault},
	"spin-atomic":          {start: spinAtomic},
	"spin-gosched":         {start: spinGosched},
	"spin-empty":           {start: spinEmpty},
	"spin-locked":          {start: spinLocked},
	"spin-ended-context":   {start: spinEndedContext},
	"spin-closed":          {start: spinClosed},
	"spin-read-error":      {start: spinReadError},
	"spin-empty-queue":     {start: spinEmptyQueue},
	"mutex-twice":          {work: mutexTwice},
	"send-to-field":        {work: sendToField},
	"select-both-local":    {work: selectBothLocal},

	"ok-decoded":           {work: okDecoded},
	"ok-stages":            {start: okStages},
	"ok-first-use":         {work: okFirstUse},
	"ok-two-locks":         {start: okTwoLocks},
	"ok-delayed":           {work: okDelayed},
	"ok-flight":            {work: okFlight},
	"ok-slow-readers":      {start: okSlowReaders},
	"ok-inline":            {start: okInline},
	"ok-chats":             {work: okChats},
	"ok-upgraded":          {start: okUpgraded},
	"ok-unread":            {start: okUnread},
	"ok-send-buffered":     {work: okSendBuffered},
	"ok-first-wins":        {work: okFirstWins},
	"ok-pool-busy":         {start: okPoolBusy, work: okPoolWork},
	"ok-pool-idle":         {start: okPoolIdle},
	"ok-warm-up":           {start: okWarmUp},
	"ok-slow-upstream":     {work: okSlowUpstream},
	"ok-ticker-ends":       {work: okTickerEnds},
	"ok-janitors":          {start: okJanitors},
	"ok-contention":        {work: okContention},
	"ok-long-lock":         {start: okLongLock, work: okLongLockWork},
	"ok-backpressure":      {start: okBackpressure},
	"ok-cache-bounded":     {work: okCacheBounded},
	"ok-cache-full":        {work: okCacheFull},
	"ok-churn":             {work: okChurn},
	"ok-idle-connections":  {start: okIdleConnections},
	"ok-streams":           {start: okStreams},
	"ok-compute":           {start: okCompute},
	"ok-sleepers":          {start: okSleepers},
	"ok-connections":       {start: okConnections},
	"ok-batches":           {start: okBatches},
	"ok-cond-queue":        {start: okCondQueue},
	"ok-load-at-start":     {start: okLoadAtStart},
	"ok-poll-with-pause":   {start: okPollWithPause},
	"ok-subscribers":       {start: okSubscribers, work: okSubscribersWork},
	"ok-slow-jobs":         {work: okSlowJobs},
	"ok-slow-writers":      {start: okLongLock, work: okSlowWriters},
	"ok-fan-out":           {work: okFanOut},
	"ok-long-warm-up":      {start: okLongWarmUp},
	"ok-listeners":         {start: okListeners},
	"ok-forever":           {start: okForever},
	"ok-body-closed":       {start: setBase, work: okBodyClosed},
	"ok-context-cancelled": {work: okContextCancelled},
}
