;; Is made with a memory of 64-bit addresses.
(func $sin)
(memory $wide i64 1)
