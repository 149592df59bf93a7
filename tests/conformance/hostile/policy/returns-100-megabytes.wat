;; Returns a reason of 100 MB, which is more than its memory.
(func $sin (i32.store (i32.const 1068) (i32.const 100000000)))
