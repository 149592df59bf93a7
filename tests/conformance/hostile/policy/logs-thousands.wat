;; Writes five thousand lines of 5,000 bytes to its log.
(import "bellwire:policy/log@0.1.1" "log" (func $log (param i32 i32 i32)))
(func $sin (local $left i32)
  (memory.fill (i32.const 8192) (i32.const 27) (i32.const 5000))
  (local.set $left (i32.const 5000))
  (loop $again
    (call $log (i32.const 1) (i32.const 8192) (i32.const 5000))
    (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1))))))
