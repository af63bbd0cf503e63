// What a Go program may use of the system, a line for each; "overflow" recurses without end.
package main

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"time"
)

func must(err error) {
	if err != nil {
		fmt.Println("fails:", err)
		os.Exit(99)
	}
}

func descend(depth int) int {
	if depth == 0 {
		return 0
	}
	return 1 + descend(depth-1)
}

func at(zone string, when int64) string {
	place, err := time.LoadLocation(zone)
	must(err)
	return time.Unix(when, 0).In(place).Format("15:04 MST")
}

func main() {
	if os.Args[1] == "overflow" {
		fmt.Println("recursing")
		debug.SetMaxStack(64 << 20) // the runtime's own limit, a gigabyte, is above the memory limit
		fmt.Println(descend(-1))
	}
	var group sync.WaitGroup
	var lock sync.Mutex
	sum := 0
	for i := 0; i < 1000; i++ {
		group.Add(1)
		go func(n int) {
			defer group.Done()
			lock.Lock()
			sum += n
			lock.Unlock()
		}(i)
	}
	group.Wait()
	fmt.Println("threads", sum)
	out, err := exec.Command("sh", "-c", "printf 'one two' | tr a-z A-Z").Output()
	must(err)
	killed := exec.Command("sh", "-c", "kill -TERM $$").Run()
	fmt.Println("subprocesses", string(out), killed, exec.Command("sh", "-c", "exit 7").Run())
	block := make([]byte, 160<<20)
	total := 0
	for i := 0; i < len(block); i += 4096 {
		block[i] = 1
		total += int(block[i])
	}
	fmt.Println("memory", total)
	fmt.Println("locale", os.Getenv("LANG"), strings.ToUpper("grüße, 世界"))
	fmt.Println("time zones", time.Unix(1700000000, 0).Format("15:04 MST"), at("America/New_York", 1690000000),
		at("Australia/Lord_Howe", 1700000000))
	device, err := os.Open("/dev/urandom")
	must(err)
	a, b := make([]byte, 64), make([]byte, 64)
	_, err = io.ReadFull(device, a)
	must(err)
	_, err = rand.Read(b)
	must(err)
	fmt.Println("urandom", !bytes.Equal(a, b))
	folder, err := os.MkdirTemp("", "system-")
	must(err)
	must(os.WriteFile(filepath.Join(folder, "grüße"), make([]byte, 8<<20), 0o600))
	must(os.Symlink("grüße", filepath.Join(folder, "link")))
	info, err := os.Stat(filepath.Join(folder, "link"))
	must(err)
	fmt.Println("temporary files", info.Size(), os.TempDir())
	files := []*os.File{}
	for i := 0; i < 1000; i++ {
		file, err := os.Create(filepath.Join(folder, fmt.Sprint(i)))
		must(err)
		files = append(files, file)
	}
	for _, file := range files {
		must(file.Close())
	}
	must(os.RemoveAll(folder))
	fmt.Println("open files", len(files))
	fmt.Println("recursion", descend(1000000))
	os.Exit(5)
}
