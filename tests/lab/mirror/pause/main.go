// Copyright (c) 2026, the kurl.ipv6 authors
// SPDX-License-Identifier: Apache-2.0

// Command pause holds a pod's namespaces open and reaps the processes that its containers leave behind.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	if len(os.Args) > 1 && (os.Args[1] == "-v" || os.Args[1] == "--version") {
		fmt.Println("pause, built by the lab's mirror builder")
		return
	}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGINT, syscall.SIGTERM)
	children := make(chan os.Signal, 16)
	signal.Notify(children, syscall.SIGCHLD)
	for {
		select {
		case <-ended:
			return
		case <-children:
			for {
				child, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
				if err != nil || child <= 0 {
					break
				}
			}
		}
	}
}
