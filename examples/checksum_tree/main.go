// Walks a directory tree and takes a checksum (FNV-1a) of each file, with a few goroutines only,
// so that never more files than that are in memory.
// After bounded parallelism in the Go blog's "Pipelines and cancellation".
package main

import (
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"sync"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func fnv1a(bytes []byte) uint32 {
	h := fnv.New32a()
	h.Write(bytes)
	return h.Sum32()
}

func plantTree() string {
	name, err := os.MkdirTemp("", "tree.")
	check(err)
	for _, folder := range []string{"bark", "leaf", "root"} {
		check(os.Mkdir(filepath.Join(name, folder), 0o777))
		for i := 1; i <= 4; i++ {
			text := fmt.Sprintf("%s number %d\n", folder, i)
			check(os.WriteFile(filepath.Join(name, folder, fmt.Sprint(i)), []byte(text), 0o666))
		}
	}
	return name
}

type result struct {
	path string
	sum  uint32
}

func main() {
	tree := plantTree()
	paths := make(chan string)
	results := make(chan result)
	go func() {
		check(filepath.WalkDir(tree, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.Type().IsRegular() {
				paths <- path
			}
			return err
		}))
		close(paths)
	}()
	go func() {
		var diggers sync.WaitGroup
		for i := 0; i < 4; i++ {
			diggers.Add(1)
			go func() {
				defer diggers.Done()
				for path := range paths {
					bytes, err := os.ReadFile(path)
					check(err)
					relative, err := filepath.Rel(tree, path)
					check(err)
					results <- result{relative, fnv1a(bytes)}
				}
			}()
		}
		diggers.Wait()
		close(results)
	}()

	var sums []result
	for r := range results {
		sums = append(sums, r)
	}
	sort.Slice(sums, func(i, j int) bool { return sums[i].path < sums[j].path })
	for _, r := range sums {
		fmt.Printf("%08x  %s\n", r.sum, r.path)
	}
	check(os.RemoveAll(tree))
}
