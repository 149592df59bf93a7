;; Writes 100 MB, by 10,000 bytes.
(func $sin (local $left i32)
  (local.set $left (i32.const 10000))
  (loop $again
    (call $write (i32.const 1) (i32.const 8192) (i32.const 10000))
    (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1))))))
