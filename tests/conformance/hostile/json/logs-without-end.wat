;; Writes lines to its log for ever.
(data (i32.const 8192) "steady\n")
(func $sin (loop $again (call $write (i32.const 2) (i32.const 8192) (i32.const 7)) (br $again)))
