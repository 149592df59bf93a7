;; Is made with data that lie beyond its memory.
(data (i32.const 0x7fffffff) "beyond")
(func $sin)
