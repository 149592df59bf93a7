;; A core module that does not say what it is.
(module (func (export "evaluate")))
