;; Decides ten thousand notices.
(func $sin (local $at i32)
  (drop (memory.grow (i32.const 16)))
  (call $notify (i32.const 2048) (i32.const 6) (i32.const 0) (i32.const 2048) (i32.const 6))
  (local.set $at (i32.const 131072))
  (i32.store (i32.const 1036) (local.get $at))
  (i32.store (i32.const 1040) (i32.const 10000))
  (loop $next
    (memory.copy (local.get $at) (i32.const 1100) (i32.const 40))
    (local.set $at (i32.add (local.get $at) (i32.const 40)))
    (br_if $next (i32.lt_u (local.get $at) (i32.const 531072)))))
