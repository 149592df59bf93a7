;; A program that does not show its memory.
(module (memory 1) (func (export "_start")))
