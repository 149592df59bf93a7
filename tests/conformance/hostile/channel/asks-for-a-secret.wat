;; Asks for a secret that nobody gave it, as the address to send to: the runtime hands the name on, and dispatch refuses it.
(data (i32.const 8192) "POST")
(data (i32.const 8208) "somebody-elses")
(func $sin
  (i32.store8 (i32.const 1032) (i32.const 0))
  (i32.store (i32.const 1040) (i32.const 8192))
  (i32.store (i32.const 1044) (i32.const 4))
  (i32.store (i32.const 1048) (i32.const 8448))
  (i32.store (i32.const 1052) (i32.const 1))
  (i32.store8 (i32.const 8448) (i32.const 1))
  (i32.store (i32.const 8452) (i32.const 8208))
  (i32.store (i32.const 8456) (i32.const 14)))
