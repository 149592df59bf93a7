;; Writes sixty thousand opening brackets where anything may be.
(data (i32.const 8192) "{\"ok\": {\"priority\": \"p1\", \"reason\": \"a\", \"ext\": ")
(func $sin
  (memory.fill (i32.const 8239) (i32.const 91) (i32.const 57000))
  (global.set $answer (i32.const 8192))
  (global.set $length (i32.const 57047)))
