;; Is made with a table of four thousand million elements.
(table 4000000000 funcref)
(func $sin)
