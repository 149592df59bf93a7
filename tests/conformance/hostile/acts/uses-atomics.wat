;; Uses the instructions that threads share memory with.
(func $sin (drop (i32.atomic.rmw.add (i32.const 8192) (i32.const 1))))
