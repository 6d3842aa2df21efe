// Says of each URL whether net/http asks it through a proxy of the network.
package main

import (
	"fmt"
	"net/http"
	"os"
)

func main() {
	for _, url := range os.Args[1:] {
		req, _ := http.NewRequest("GET", url, nil)
		proxy, err := http.ProxyFromEnvironment(req)
		fmt.Println(proxy != nil, err)
	}
}
