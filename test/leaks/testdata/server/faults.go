package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

func ask(c chan int) {
	time.Sleep(3 * time.Millisecond)
	c <- 1 // here: send-after-timeout
}

func sendAfterTimeout(http.ResponseWriter, *http.Request) {
	c := make(chan int)
	go ask(c)
	select {
	case <-c:
	case <-time.After(time.Millisecond):
	}
}

func firstWins(http.ResponseWriter, *http.Request) {
	results := make(chan string)
	for _, mirror := range []string{"a", "b", "c"} {
		go func() {
			time.Sleep(time.Millisecond)
			results <- mirror // here: send-first-wins
		}()
	}
	<-results
}

func fetchBoth(fail bool) error {
	left, right := make(chan int), make(chan int)
	go func() { left <- 1 }()
	go func() { right <- 2 }() // here: send-error-return
	<-left
	if fail {
		return errors.New("no use for the other")
	}
	<-right
	return nil
}

func errorReturn(http.ResponseWriter, *http.Request) { fetchBoth(true) }

func lookUp(answer chan<- string, key string) {
	if key == "" {
		return // forgets to answer
	}
	answer <- key
}

func receiveNoSender(http.ResponseWriter, *http.Request) {
	answer := make(chan string)
	go lookUp(answer, "")
	go func() {
		<-answer // here: receive-no-sender
	}()
}

var approvals = make(chan bool)

func awaitApproval() {
	<-approvals // here: receive-global
}

func receiveGlobal(http.ResponseWriter, *http.Request) { go awaitApproval() }

func produce(out chan<- int) {
	for i := range 3 {
		out <- i
	}
}

func rangeNeverClosed(http.ResponseWriter, *http.Request) {
	numbers := make(chan int)
	go func() {
		for range numbers { // here: range-never-closed
		}
	}()
	go produce(numbers)
}

type session struct{ in, out chan []byte }

func (s *session) loop() {
	for {
		select { // here: select-no-exit
		case b := <-s.in:
			s.out <- b
		case b := <-s.out:
			s.in <- b
		}
	}
}

func selectNoExit(http.ResponseWriter, *http.Request) {
	s := &session{make(chan []byte), make(chan []byte)}
	go s.loop()
}

type config struct{ reload chan struct{} }

func (c config) watch() {
	<-c.reload // here: nil-channel
}

func nilChannel(http.ResponseWriter, *http.Request) { go config{}.watch() }

func part(wg *sync.WaitGroup, n int) {
	if n == 1 {
		return
	}
	wg.Done()
}

func collect(wg *sync.WaitGroup) {
	wg.Wait() // here: waitgroup-no-done
}

func waitgroupNoDone(http.ResponseWriter, *http.Request) {
	var wg sync.WaitGroup
	wg.Add(2)
	go part(&wg, 0)
	go part(&wg, 1)
	go collect(&wg)
}

func waitgroupInner(http.ResponseWriter, *http.Request) {
	go func() {
		var wg sync.WaitGroup
		wg.Add(3)
		for i := range 2 {
			go func() {
				defer wg.Done()
				time.Sleep(time.Duration(i) * time.Millisecond)
			}()
		}
		wg.Wait() // here: waitgroup-in-handler
	}()
}

type account struct {
	mu      sync.Mutex
	balance int
}

var shared account

func (a *account) withdraw(n int) bool {
	a.mu.Lock() // here: mutex-early-return
	if a.balance < n {
		return false
	}
	a.balance -= n
	a.mu.Unlock()
	return true
}

func mutexEarlyReturn(http.ResponseWriter, *http.Request) { go shared.withdraw(5) }

var (
	tableLock sync.RWMutex
	table     = map[string]int{}
)

func set(k string) {
	tableLock.Lock() // here: rwmutex-never
	table[k]++
}

func rwmutexNever(_ http.ResponseWriter, r *http.Request) { go set(r.URL.Path) }

var (
	doorLock sync.Mutex
	doorOpen = sync.NewCond(&doorLock)
	open     bool
)

func awaitDoor() {
	doorLock.Lock()
	defer doorLock.Unlock()
	for !open {
		doorOpen.Wait() // here: cond-no-signal
	}
}

func condNoSignal(http.ResponseWriter, *http.Request) { go awaitDoor() }

func beat(r *http.Request, buf []byte) {
	t := time.NewTicker(50 * time.Millisecond)
	for range t.C { // here: ticker-no-exit
		buf[0]++
	}
}

func tickerNoExit(_ http.ResponseWriter, r *http.Request) { go beat(r, make([]byte, 64<<10)) }

func report(n *atomic.Int64) {
	t := time.NewTicker(time.Hour)
	defer t.Stop()
	for {
		select {
		case <-t.C: // here: ticker-select
			n.Add(1)
		}
	}
}

func tickerSelect(http.ResponseWriter, *http.Request) {
	var n atomic.Int64
	go report(&n)
}

func poll(n *int) {
	for {
		time.Sleep(100 * time.Millisecond) // here: sleep-loop
		*n++
	}
}

func sleepLoop(http.ResponseWriter, *http.Request) {
	n := 0
	go poll(&n)
}

func contextDiscarded(http.ResponseWriter, *http.Request) {
	ctx, _ := context.WithCancel(context.Background())
	go func() {
		<-ctx.Done() // here: context-discarded
	}()
}

func contextNeverCalled(http.ResponseWriter, *http.Request) {
	ctx, cancel := context.WithCancel(context.Background())
	_ = cancel
	go until(ctx)
}

func until(ctx context.Context) {
	<-ctx.Done() // here: context-never-called
}

func contextSelect(http.ResponseWriter, *http.Request) {
	ctx, cancel := context.WithCancel(context.Background())
	jobs := make(chan int, 1)
	go serveJobs(ctx, jobs)
	jobs <- 1
	if jobs == nil {
		cancel()
	}
}

func serveJobs(ctx context.Context, jobs <-chan int) {
	for {
		select { // here: context-select
		case <-jobs:
		case <-ctx.Done():
			return
		}
	}
}

var base = make(chan string, 1)
var upstream string
var once sync.Once

func setBase(b string) { base <- b }

func address() string {
	once.Do(func() { upstream = <-base })
	return upstream
}

var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}

func bodyNeverClosed(w http.ResponseWriter, _ *http.Request) {
	resp, err := client.Get(address() + "/page") // here: body-never-closed
	if err != nil {
		http.Error(w, err.Error(), 502)
		return
	}
	w.WriteHeader(resp.StatusCode)
}

func bodyEarlyReturn(w http.ResponseWriter, _ *http.Request) {
	resp, err := client.Get(address() + "/page") // here: body-early-return
	if err != nil {
		return
	}
	if resp.StatusCode == 200 {
		return
	}
	defer resp.Body.Close()
	io.Copy(w, resp.Body)
}

func fetch(path string) (*http.Response, error) { return client.Get(address() + path) }

func bodyBehindHelper(w http.ResponseWriter, _ *http.Request) {
	answer, err := fetch("/page") // here: body-behind-helper
	if err == nil {
		w.WriteHeader(answer.StatusCode)
	}
}

func pipeNoReader(http.ResponseWriter, *http.Request) {
	_, w := io.Pipe()
	go func() {
		w.Write([]byte("nobody reads")) // here: pipe-no-reader
	}()
}

var (
	cacheLock sync.Mutex
	cache     = map[int][]byte{}
	seq       int
)

func remember(b []byte) {
	cacheLock.Lock()
	defer cacheLock.Unlock()
	seq++
	cache[seq] = b
}

func heapMap(http.ResponseWriter, *http.Request) {
	remember(make([]byte, 256<<10)) // here: heap-map
}

var hooks []func() int

func heapClosures(http.ResponseWriter, *http.Request) {
	data := bytes.Repeat([]byte("x"), 200<<10) // here: heap-closures
	cacheLock.Lock()
	defer cacheLock.Unlock()
	hooks = append(hooks, func() int { return len(data) })
}

type event struct{ payload [64 << 10]byte }

var history []*event

func heapSlice(http.ResponseWriter, *http.Request) {
	cacheLock.Lock()
	defer cacheLock.Unlock()
	for range 4 {
		history = append(history, new(event)) // here: heap-slice
	}
}

var quit = make(chan struct{})

func spinDefault(string) {
	for { // here: spin-default
		select {
		case <-quit:
			return
		default:
		}
	}
}

var ready atomic.Bool

func spinAtomic(string) {
	for !ready.Load() { // here: spin-atomic
	}
}

func spinGosched(string) {
	for { // here: spin-gosched
		if ready.Load() {
			return
		}
		runtime.Gosched()
	}
}

func spinEmpty(string) {
	n := 0
	for { // here: spin-empty
		n++
	}
}

type ledger struct {
	mu   sync.RWMutex
	rows []int
}

var book ledger

func (l *ledger) total() (n int) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	for _, r := range l.rows {
		n += r
	}
	return n
}

func (l *ledger) add(n int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rows = append(l.rows, n)
	return l.total() // here: mutex-twice
}

// mutexTwice has the lines that wait: the first who locks twice, and all who come later.
func mutexTwice(http.ResponseWriter, *http.Request) { go book.add(1) }

type hub struct{ events chan int }

var theHub = hub{make(chan int)}

func publish(n int) {
	theHub.events <- n // here: send-to-field
}

func sendToField(http.ResponseWriter, *http.Request) { go publish(1) }

var stop bool
var stopLock sync.Mutex

func spinLocked(string) {
	for { // here: spin-locked
		stopLock.Lock()
		if stop {
			stopLock.Unlock()
			return
		}
		stopLock.Unlock()
	}
}

func drain(in <-chan []byte, done <-chan struct{}) {
	for {
		select { // here: select-both-local
		case <-in:
		case <-done:
			return
		}
	}
}

func selectBothLocal(_ http.ResponseWriter, r *http.Request) {
	in, done := make(chan []byte), make(chan struct{})
	go drain(in, done)
	if r.Method == "DELETE" {
		close(done)
	}
	in <- nil
}

func spinEndedContext(string) {
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	for { // here: spin-ended-context
		select {
		case n := <-theHub.events:
			fmt.Println(n)
		case <-ctx.Done():
			break
		}
	}
}

func spinClosed(string) {
	feed := make(chan int)
	go func() { feed <- 1; close(feed) }()
	sum := 0
	for { // here: spin-closed
		select {
		case n := <-feed:
			sum += n
		case <-quit:
			return
		}
	}
}

func spinReadError(string) {
	r, w := net.Pipe()
	go func() { fmt.Fprintln(w, "hello"); w.Close() }()
	lines := bufio.NewReader(r)
	for { // here: spin-read-error
		line, err := lines.ReadString('\n')
		if err != nil {
			continue
		}
		fmt.Println(line)
	}
}

func (s *shard) take() (n int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, ok = s.m[0]
	return n, ok
}

func spinEmptyQueue(string) {
	s := &shard{m: map[int]int{}}
	for { // here: spin-empty-queue
		if n, ok := s.take(); ok {
			fmt.Println(n)
		}
	}
}

type connections struct{ free chan int }

var few = func() connections {
	c := connections{make(chan int, 4)}
	for i := range 4 {
		c.free <- i
	}
	return c
}()

func (c connections) take() int {
	return <-c.free // here: pool-empty
}

func poolEmpty(w http.ResponseWriter, r *http.Request) {
	n := few.take()
	if r.FormValue("user") == "" {
		http.Error(w, "who?", http.StatusUnauthorized)
		return
	}
	few.free <- n
}

var journal bytes.Buffer

func heapBuffer(_ http.ResponseWriter, r *http.Request) {
	cacheLock.Lock()
	defer cacheLock.Unlock()
	for range 1000 {
		fmt.Fprintf(&journal, "%s asked for %s, and this line says so at some length, so that it takes memory\n", r.RemoteAddr, r.URL) // here: heap-buffer
	}
}

var documents = map[int][]string{}

func heapDecoded(http.ResponseWriter, *http.Request) {
	text := "[\"" + strings.Repeat("some words that are no news to anybody\",\"", 3000) + "\"]"
	var words []string
	if err := json.NewDecoder(strings.NewReader(text)).Decode(&words); err != nil { // here: heap-decoded
		return
	}
	cacheLock.Lock()
	defer cacheLock.Unlock()
	seq++
	documents[seq] = words
}

type bank struct {
	accounts, log sync.Mutex
	n             int
}

var savings bank

func (b *bank) book() {
	b.accounts.Lock()
	defer b.accounts.Unlock()
	time.Sleep(time.Millisecond)
	b.log.Lock() // here: mutex-order
	defer b.log.Unlock()
	b.n++
}

func (b *bank) rotate() {
	b.log.Lock()
	defer b.log.Unlock()
	time.Sleep(time.Millisecond)
	b.accounts.Lock()
	defer b.accounts.Unlock()
	b.n = 0
}

func mutexOrder(http.ResponseWriter, *http.Request) {
	go savings.rotate()
	savings.book()
}

func firstOf(http.ResponseWriter, *http.Request) {
	out := make(chan int)
	var wg sync.WaitGroup
	for i := range 3 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			time.Sleep(time.Millisecond)
			out <- i // here: send-fan-in
		}()
	}
	go func() { wg.Wait(); close(out) }()
	<-out
}
