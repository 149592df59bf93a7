;; A program whose entry is no function.
(module (memory (export "_start") (export "memory") 1))
