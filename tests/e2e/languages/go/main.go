// Counts runes with goroutines and channels; reads stdin, an argument, the environment; writes a file.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strings"
	"sync"
)

func main() {
	in := bufio.NewScanner(os.Stdin)
	counts := map[string]int{}
	var lock sync.Mutex
	var all sync.WaitGroup
	for in.Scan() {
		line := in.Text()
		all.Add(1)
		go func() {
			defer all.Done()
			lock.Lock()
			defer lock.Unlock()
			for _, word := range strings.Fields(line) {
				counts[word]++
			}
		}()
	}
	all.Wait()
	words := make([]string, 0, len(counts))
	for word := range counts {
		words = append(words, word)
	}
	sort.Strings(words)
	for _, word := range words {
		fmt.Printf("%s=%d\n", word, counts[word])
	}
	text, _ := json.Marshal(map[string]string{"arg": os.Args[1], "env": os.Getenv("PLACE")})
	fmt.Println(string(text))
	if err := os.WriteFile("a.txt", text, 0o600); err != nil {
		panic(err)
	}
	info, _ := os.Stat("a.txt")
	fmt.Println(info.Size())
}
