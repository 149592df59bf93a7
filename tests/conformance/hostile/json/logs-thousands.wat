;; Writes five thousand lines of 5,000 bytes to its log.
(func $sin (local $left i32)
  (memory.fill (i32.const 8192) (i32.const 27) (i32.const 4999))
  (i32.store8 (i32.const 13191) (i32.const 10))
  (local.set $left (i32.const 5000))
  (loop $again
    (call $write (i32.const 2) (i32.const 8192) (i32.const 5000))
    (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1))))))
