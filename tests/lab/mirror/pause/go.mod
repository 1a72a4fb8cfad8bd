module mirror/pause

go 1.24.0
