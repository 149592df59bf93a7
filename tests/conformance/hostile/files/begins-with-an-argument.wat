;; A program whose entry wants to be handed something.
(module (memory (export "memory") 1) (func (export "_start") (param i32)))
