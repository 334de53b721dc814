package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

func okSendBuffered(http.ResponseWriter, *http.Request) {
	c := make(chan int, 1)
	go func() { time.Sleep(3 * time.Millisecond); c <- 1 }()
	select {
	case <-c:
	case <-time.After(time.Millisecond):
	}
}

func okFirstWins(_ http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	results := make(chan string)
	for _, mirror := range []string{"a", "b", "c"} {
		go func() {
			time.Sleep(time.Millisecond)
			select {
			case results <- mirror:
			case <-ctx.Done():
			}
		}()
	}
	<-results
}

type job struct {
	n    int
	done chan int
}

var jobs = make(chan job)

func worker() {
	for j := range jobs {
		sum := sha256.Sum256([]byte(fmt.Sprint(j.n)))
		for range 2000 {
			sum = sha256.Sum256(sum[:])
		}
		j.done <- int(sum[0])
	}
}

func okPoolBusy(string) {
	for range 50 {
		go worker()
	}
}

func okPoolWork(w http.ResponseWriter, _ *http.Request) {
	j := job{7, make(chan int, 1)}
	jobs <- j
	fmt.Fprintln(w, <-j.done)
}

// okPoolIdle starts its workers from a function that ends.
func okPoolIdle(string) {
	tasks := make(chan func())
	for range 500 {
		go func() {
			for f := range tasks {
				f()
			}
		}()
	}
	http.HandleFunc("/task", func(http.ResponseWriter, *http.Request) { tasks <- func() {} })
}

func okWarmUp(string) {
	tasks := make(chan int)
	stop := make(chan struct{})
	for range 60 {
		time.Sleep(20 * time.Millisecond)
		go func() {
			for {
				select {
				case <-tasks:
				case <-stop:
					return
				}
			}
		}()
	}
	for i := 0; ; i++ {
		tasks <- i
		time.Sleep(10 * time.Millisecond)
	}
}

func okSlowUpstream(http.ResponseWriter, *http.Request) { time.Sleep(700 * time.Millisecond) }

func okTickerEnds(_ http.ResponseWriter, r *http.Request) {
	go func() {
		t := time.NewTicker(50 * time.Millisecond)
		defer t.Stop()
		for {
			select {
			case <-t.C:
			case <-r.Context().Done():
				return
			}
		}
	}()
	time.Sleep(200 * time.Millisecond)
}

type shard struct {
	mu sync.Mutex
	m  map[int]int
}

func (s *shard) janitor() {
	for range time.Tick(100 * time.Millisecond) {
		s.mu.Lock()
		clear(s.m)
		s.mu.Unlock()
	}
}

func okJanitors(string) {
	for range 64 {
		s := &shard{m: map[int]int{}}
		go s.janitor()
	}
}

var hot sync.Mutex

func okContention(http.ResponseWriter, *http.Request) {
	var wg sync.WaitGroup
	for range 20 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			hot.Lock()
			defer hot.Unlock()
			time.Sleep(2 * time.Millisecond)
		}()
	}
	wg.Wait()
}

type store struct {
	lock sync.Mutex
	rows int
}

var disk store

func (s *store) compact() {
	s.lock.Lock()
	defer s.lock.Unlock()
	time.Sleep(20 * time.Second)
	s.rows = 0
}

func (s *store) insert() {
	s.lock.Lock()
	s.rows++
	s.lock.Unlock()
}

func okLongLock(string) { disk.compact() }

// okLongLockWork lets a bounded number of writers wait.
func okLongLockWork(http.ResponseWriter, *http.Request) {
	if writers.TryAcquire() {
		go func() {
			defer writers.Release()
			disk.insert()
		}()
	}
}

type tokens chan struct{}

var writers = make(tokens, 10)

func (t tokens) TryAcquire() bool {
	select {
	case t <- struct{}{}:
		return true
	default:
		return false
	}
}

func (t tokens) Release() { <-t }

func okBackpressure(string) {
	items := make(chan int)
	for i := range 50 {
		go func() {
			for {
				items <- i
			}
		}()
	}
	for range items {
		time.Sleep(30 * time.Millisecond)
	}
}

func okCacheBounded(http.ResponseWriter, *http.Request) {
	cacheLock.Lock()
	defer cacheLock.Unlock()
	seq++
	cache[seq%16] = make([]byte, 256<<10)
}

func okCacheFull(http.ResponseWriter, *http.Request) {
	cacheLock.Lock()
	defer cacheLock.Unlock()
	seq++
	if len(cache) < 40 {
		cache[seq] = make([]byte, 256<<10)
	}
}

var sink []byte

func okChurn(http.ResponseWriter, *http.Request) {
	for range 20 {
		b := make([]byte, 1<<20)
		b[0] = 1
		cacheLock.Lock()
		sink = b
		cacheLock.Unlock()
	}
}

func okIdleConnections(base string) {
	var wg sync.WaitGroup
	for range 30 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			resp, err := client.Get(base + "/page")
			if err == nil {
				io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
		}()
	}
	wg.Wait()
}

func stream(w http.ResponseWriter, r *http.Request) {
	for range 300 {
		fmt.Fprintln(w, "more")
		w.(http.Flusher).Flush()
		select {
		case <-r.Context().Done():
			return
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func okStreams(base string) {
	for range 25 {
		go func() {
			resp, err := client.Get(base + "/stream")
			if err != nil {
				return
			}
			defer resp.Body.Close()
			io.Copy(io.Discard, resp.Body)
		}()
	}
}

func okCompute(string) {
	sum := sha256.Sum256([]byte("start"))
	for i := 0; ; i++ {
		sum = sha256.Sum256(sum[:])
		if i%1000000 == 0 {
			fmt.Println(sum[0])
		}
	}
}

func okSleepers(string) {
	for i := range 40 {
		go func() {
			for {
				time.Sleep(time.Duration(50+i) * time.Millisecond)
				cacheLock.Lock()
				seq++
				cacheLock.Unlock()
			}
		}()
	}
}

// okConnections has two goroutines a connection, as a server of web sockets has.
func okConnections(string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			send := make(chan []byte)
			go func() {
				for b := range send {
					c.Write(b)
				}
			}()
			go func() {
				defer close(send)
				buf := make([]byte, 100)
				for {
					n, err := c.Read(buf)
					if err != nil {
						return
					}
					send <- buf[:n]
				}
			}()
		}
	}()
	for range 100 {
		if c, err := net.Dial("tcp", l.Addr().String()); err == nil {
			clients = append(clients, c)
		}
	}
}

var clients []net.Conn

func okBatches(string) {
	for {
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				time.Sleep(time.Duration(1000+i*100) * time.Millisecond)
			}()
		}
		wg.Wait()
	}
}

func okCondQueue(string) {
	var mu sync.Mutex
	filled := sync.NewCond(&mu)
	var queue []int
	for range 30 {
		go func() {
			for {
				mu.Lock()
				for len(queue) == 0 {
					filled.Wait()
				}
				queue = queue[1:]
				mu.Unlock()
			}
		}()
	}
	for i := 0; ; i++ {
		time.Sleep(50 * time.Millisecond)
		mu.Lock()
		queue = append(queue, i)
		mu.Unlock()
		filled.Signal()
	}
}

func okLoadAtStart(string) {
	for i := range 60 {
		cacheLock.Lock()
		cache[i] = make([]byte, 512<<10)
		cacheLock.Unlock()
		time.Sleep(20 * time.Millisecond)
	}
}

func okPollWithPause(string) {
	for {
		select {
		case <-quit:
			return
		default:
			time.Sleep(5 * time.Millisecond)
		}
	}
}

// okSubscribers has one goroutine for each of those who listen, until they go.
func okSubscribers(base string) {
	for range 40 {
		go func() {
			resp, err := client.Get(base + "/stream")
			if err == nil {
				defer resp.Body.Close()
				io.Copy(io.Discard, resp.Body)
			}
		}()
	}
}

func okSubscribersWork(_ http.ResponseWriter, r *http.Request) {
	updates := make(chan int)
	ctx, cancel := context.WithTimeout(r.Context(), 300*time.Millisecond)
	defer cancel()
	go func() {
		for {
			select {
			case updates <- 1:
				time.Sleep(10 * time.Millisecond)
			case <-ctx.Done():
				return
			}
		}
	}()
	for {
		select {
		case <-updates:
		case <-ctx.Done():
			return
		}
	}
}

func okBodyClosed(w http.ResponseWriter, _ *http.Request) {
	resp, err := client.Get(address() + "/page")
	if err != nil {
		http.Error(w, err.Error(), 502)
		return
	}
	defer resp.Body.Close()
	io.Copy(w, resp.Body)
}

func okContextCancelled(_ http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go until(ctx)
	time.Sleep(100 * time.Millisecond)
}

// okSlowJobs takes up jobs that last longer than anybody watches, each with an end of its own.
func okSlowJobs(http.ResponseWriter, *http.Request) {
	result := make(chan int, 1)
	go func() { time.Sleep(15 * time.Second); result <- 1 }()
	go func() {
		select {
		case <-result:
		case <-time.After(20 * time.Second):
		}
	}()
}

// okSlowWriters lets more and more wait for a lock that is in use.
func okSlowWriters(http.ResponseWriter, *http.Request) { go disk.insert() }

type group struct{ wg sync.WaitGroup }

func (g *group) Go(f func()) {
	g.wg.Add(1)
	go func() { defer g.wg.Done(); f() }()
}

// okFanOut hands its results to one who takes them slowly.
func okFanOut(http.ResponseWriter, *http.Request) {
	results := make(chan int)
	var g group
	for i := range 10 {
		g.Go(func() { results <- i })
	}
	for range 10 {
		<-results
		time.Sleep(900 * time.Millisecond)
	}
}

// okLongWarmUp fills its pool for longer than anybody watches.
func okLongWarmUp(string) {
	for range 300 {
		time.Sleep(50 * time.Millisecond)
		go worker()
	}
}

type broker struct {
	mu   sync.Mutex
	subs []chan string
}

func (b *broker) subscribe() <-chan string {
	c := make(chan string, 1)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.subs = append(b.subs, c)
	return c
}

var news broker

// okListeners wait for news that come seldom.
func okListeners(string) {
	for range 30 {
		go func() {
			updates := news.subscribe()
			for u := range updates {
				fmt.Println(u)
			}
		}()
	}
}

// okDelayed does things later, each once.
func okDelayed(http.ResponseWriter, *http.Request) {
	t := time.NewTimer(15 * time.Second)
	abort := make(chan struct{})
	go func() {
		select {
		case <-t.C:
		case <-abort:
		}
	}()
}

type flight struct {
	mu  sync.Mutex
	now *sync.WaitGroup
}

var flights flight

// okFlight lets all requests wait for the first of them.
func okFlight(http.ResponseWriter, *http.Request) {
	flights.mu.Lock()
	if wg := flights.now; wg != nil {
		flights.mu.Unlock()
		wg.Wait()
		return
	}
	wg := new(sync.WaitGroup)
	wg.Add(1)
	flights.now = wg
	flights.mu.Unlock()
	time.Sleep(15 * time.Second)
	flights.mu.Lock()
	flights.now = nil
	flights.mu.Unlock()
	wg.Done()
}

// okSlowReaders take their time between two lines of an answer.
func okSlowReaders(base string) {
	for range 20 {
		go func() {
			resp, err := client.Get(base + "/stream")
			if err != nil {
				return
			}
			defer resp.Body.Close()
			for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
				time.Sleep(300 * time.Millisecond)
			}
		}()
	}
}

var hits [8]uint64

// okInline works between two looks at its end, and calls nothing.
func okInline(string) {
	x := uint64(88172645463325252)
	for {
		select {
		case <-quit:
			return
		default:
		}
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		hits[x&7]++
	}
}

// okChats has two goroutines for each connection that requests leave behind; the writer pings.
func okChats(w http.ResponseWriter, _ *http.Request) {
	c, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	send := make(chan []byte)
	go func() {
		defer close(send)
		buf := make([]byte, 100)
		for {
			if _, err := c.Read(buf); err != nil {
				return
			}
		}
	}()
	go func() {
		ping := time.NewTicker(time.Second)
		defer ping.Stop()
		for {
			select {
			case b, ok := <-send:
				if !ok {
					return
				}
				c.Write(b)
			case <-ping.C:
				c.Write([]byte("ping"))
			}
		}
	}()
}

// okDecoded lets go of what it decodes.
func okDecoded(w http.ResponseWriter, _ *http.Request) {
	var words []string
	text := "[\"" + strings.Repeat("some words that are no news to anybody\",\"", 3000) + "\"]"
	if err := json.NewDecoder(strings.NewReader(text)).Decode(&words); err == nil {
		fmt.Fprintln(w, len(words))
	}
}

// okStages is busy with handing on.
func okStages(string) {
	in, out := make(chan int, 64), make(chan int, 64)
	go func() {
		for i := 0; ; i++ {
			in <- i
		}
	}()
	go func() {
		for {
			select {
			case n := <-in:
				out <- n + 1
			case <-quit:
				return
			}
		}
	}()
	for range out {
	}
}

var setUp sync.Once

// okFirstUse lets all requests wait until the first has made ready what they need.
func okFirstUse(http.ResponseWriter, *http.Request) {
	setUp.Do(func() { time.Sleep(15 * time.Second) })
}

// okTwoLocks takes a second lock, which is in use for long, with the first one locked.
func okTwoLocks(string) {
	for range 10 {
		go func() {
			time.Sleep(10 * time.Millisecond)
			both.enter()
		}()
	}
	both.work()
}

type locks struct{ front, back sync.Mutex }

var both locks

func (l *locks) enter() {
	l.front.Lock()
	defer l.front.Unlock()
	l.back.Lock()
	defer l.back.Unlock()
}

func (l *locks) work() {
	l.back.Lock()
	defer l.back.Unlock()
	time.Sleep(20 * time.Second)
}

// okForever has a few consumers that are told to wait until the program ends.
func okForever(string) {
	for range 5 {
		go func() {
			forever := make(chan bool)
			go func() { time.Sleep(time.Hour) }()
			<-forever
		}()
		go func() { select {} }()
	}
	select {}
}
