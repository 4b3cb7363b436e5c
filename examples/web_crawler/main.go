// Visits every page that can be reached from the first, each once, with a goroutine for each. A
// mutex guards the list of pages that somebody is on already.
// After the exercise "Web Crawler" in A Tour of Go; the web is written down here, and the pages are
// put in order before they are printed.
package main

import (
	"fmt"
	"runtime"
	"sort"
	"sync"
)

type page struct {
	title string
	links []string
}

var web = map[string]page{
	"/":            {"home", []string{"/news", "/about", "/shop"}},
	"/news":        {"news", []string{"/", "/news/today", "/news/gone"}},
	"/news/today":  {"today", []string{"/news", "/about"}},
	"/about":       {"about us", []string{"/"}},
	"/shop":        {"shop", []string{"/shop/deep", "/about"}},
	"/shop/deep":   {"deep in the shop", []string{"/shop/deeper"}},
	"/shop/deeper": {"too deep", []string{"/"}},
}

type crawler struct {
	mu    sync.Mutex
	found map[string]string
	next  []string
}

// Levels are crawled one after the other, so that each page is found at its least depth.
func (c *crawler) crawl(first string, depth int) {
	level := []string{first}
	for ; depth > 0 && len(level) > 0; depth-- {
		var wg sync.WaitGroup
		for _, url := range level {
			url := url
			wg.Add(1)
			go func() {
				defer wg.Done()
				c.visit(url)
			}()
		}
		wg.Wait()
		level, c.next = c.next, nil
	}
}

func (c *crawler) visit(url string) {
	p, ok := web[url]
	runtime.Gosched() // the network takes its time
	c.mu.Lock()
	defer c.mu.Unlock()
	if !ok {
		c.found[url] = "not found"
		return
	}
	c.found[url] = p.title
	for _, link := range p.links {
		if _, known := c.found[link]; !known {
			c.found[link] = "on the way"
			c.next = append(c.next, link)
		}
	}
}

func main() {
	c := crawler{found: make(map[string]string)}
	c.crawl("/", 3)
	var urls []string
	for url := range c.found {
		urls = append(urls, url)
	}
	sort.Strings(urls)
	for _, url := range urls {
		fmt.Printf("%s: %s\n", url, c.found[url])
	}
}
