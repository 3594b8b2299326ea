// Says who is asking. The snippet of docs/recipes stands beside it, in the same package.
package main

import (
	"encoding/json"
	"log"
	"net/http"
	"os"
	"time"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		claims, err := whoIsAsking(r)
		if err != nil {
			http.Error(w, "", http.StatusUnauthorized)
			return
		}
		var subject *string
		if claims != nil {
			subject = &claims.Subject
		}
		json.NewEncoder(w).Encode(map[string]*string{"sub": subject})
	})
	http.HandleFunc("/a-minute-later", func(http.ResponseWriter, *http.Request) {
		keys.mutex.Lock()
		defer keys.mutex.Unlock()
		keys.askedAt = keys.askedAt.Add(-time.Minute)
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
