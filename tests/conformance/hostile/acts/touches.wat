;; Takes nearly all the memory that it may have and writes to every page of it, over and over.
(func $sin (local $at i32)
  (drop (memory.grow (i32.const 1000)))
  (loop $again
    (local.set $at (i32.const 131072))
    (loop $page
      (i32.store8 (local.get $at) (i32.const 1))
      (br_if $page (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 4096))) (i32.const 65536000))))
    (br $again)))
