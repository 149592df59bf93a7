;; Waits for another thread, of which there is none.
(func $sin (drop (memory.atomic.wait32 (i32.const 8192) (i32.const 0) (i64.const -1))))
