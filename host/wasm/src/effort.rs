//! What a plugin would cost to compile, counted before it is compiled: a compiler's time and memory are bounded by nothing
//! else.
//!
//! Eighty kilobytes of loops over a thousand locals take it most of a minute and a gigabyte, a few megabytes of them a
//! night. Wherever paths meet or branch, each local may differ, and each loop around is looked at once more; so that is what
//! is counted, in steps that are about a microsecond. What languages' tools make stays far below: CPython, the largest,
//! takes a third. The count is the same on every machine.

use wasmparser::{BinaryReaderError, FunctionBody, Operator, Parser, Payload};

const FUNCTION: u64 = 500;
const FUNCTION_MAX: u64 = 2_000_000;
const PLUGIN_MAX: u64 = 50_000_000;
/// A function that returned a thousand values would have a thousand moved by the two bytes of a call.
const RESULTS_MAX: usize = 16;

/// None: it can be compiled. Else what is too much about it.
pub(crate) fn excess(plugin: &[u8]) -> Result<Option<String>, BinaryReaderError> {
    // Of the module that we are in; those of a component come one after the other.
    let mut parameters_max = 0;
    let mut sum = 0_u64;
    for payload in Parser::new(0).parse_all(plugin) {
        match payload? {
            Payload::Version { .. } => parameters_max = 0,
            Payload::TypeSection(types) => {
                for function in types.into_iter_err_on_gc_types() {
                    let function = function?;
                    if function.results().len() > RESULTS_MAX {
                        return Ok(Some(format!("a function returns more than {RESULTS_MAX} values")));
                    }
                    parameters_max = parameters_max.max(function.params().len() as u64);
                }
            }
            Payload::CodeSectionEntry(body) => {
                let one = effort(&body, parameters_max)?;
                if one > FUNCTION_MAX {
                    return Ok(Some(format!("{one} steps for a single function, at most {FUNCTION_MAX} are taken")));
                }
                sum = sum.saturating_add(one);
                if sum > PLUGIN_MAX {
                    return Ok(Some(format!("more than {PLUGIN_MAX} steps for all its functions")));
                }
            }
            _ => {}
        }
    }
    Ok(None)
}

fn effort(body: &FunctionBody<'_>, parameters_max: u64) -> Result<u64, BinaryReaderError> {
    let mut locals = parameters_max;
    for group in body.get_locals_reader()? {
        locals = locals.saturating_add(u64::from(group?.0));
    }
    let meeting = locals.saturating_add(1);
    let mut effort = FUNCTION;
    // Around the place that we are at: of each construct, whether the compiler goes through it again for those inside.
    let (mut constructs, mut nesting) = (Vec::new(), 0_u64);
    for operator in body.get_operators_reader()? {
        let more = match operator? {
            Operator::Block { .. } => {
                constructs.push(0);
                meeting
            }
            Operator::Loop { .. } | Operator::If { .. } => {
                constructs.push(1);
                nesting += 1;
                meeting.saturating_add(nesting)
            }
            Operator::End => {
                nesting -= constructs.pop().unwrap_or(0);
                0
            }
            Operator::Br { .. } | Operator::BrIf { .. } => meeting,
            Operator::BrTable { targets } => meeting.saturating_mul(u64::from(targets.len()) + 1),
            _ => 0,
        };
        effort = effort.saturating_add(more);
    }
    Ok(effort)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(text: &str) -> Option<String> {
        excess(&wat::parse_str(text).unwrap()).unwrap()
    }

    /// Loops one after the other, each of which every local passes.
    fn loops(locals: usize, count: usize) -> String {
        let (locals, body) = (" i32".repeat(locals), "(loop (br_if 0 (local.get 0)))".repeat(count));
        format!("(func (local{locals}) {body})")
    }

    #[test]
    fn what_grows_with_a_product_is_counted_as_one() {
        assert_eq!(judged(&format!("(module {})", loops(1_000, 500))), None);
        let both = judged(&format!("(module {})", loops(1_000, 1_000))).unwrap();
        assert!(both.contains("for a single function"), "{both}");
        assert_eq!(judged(&format!("(module {})", loops(10, 1_000))), None);
        let many = judged(&format!("(module {})", loops(1_000, 500).repeat(60))).unwrap();
        assert!(many.contains("for all its functions"), "{many}");
        let table =
            format!("(module (func (local{}) (br_table {} (i32.const 0))))", " i32".repeat(50), "0 ".repeat(60_000));
        assert!(judged(&table).is_some());
    }

    #[test]
    fn what_is_nested_costs_the_more_the_deeper() {
        let nested = |depth: usize| format!("(module (func {} {}))", "loop ".repeat(depth), "end ".repeat(depth));
        assert_eq!(judged(&nested(1_500)), None);
        assert!(judged(&nested(3_000)).is_some());
    }

    #[test]
    fn modules_inside_of_a_component_count() {
        let inside = format!("(component (core module {}) (core module {}))", loops(1_000, 10), loops(1_000, 1_000));
        assert!(judged(&inside).is_some());
        let results = format!("(module (func (result{}) unreachable))", " i32".repeat(17));
        assert_eq!(judged(&results).unwrap(), "a function returns more than 16 values");
        assert_eq!(judged(&format!("(module {})", "(func)".repeat(20_000))), None);
        assert!(judged(&format!("(module {})", "(func)".repeat(100_001))).is_some());
    }
}
