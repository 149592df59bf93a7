//! Policies: decisions that come late, outdated, wrong or not at all.

use super::*;

#[test]
fn an_evaluation_that_is_lost_is_a_fault_after_a_minute() {
    let mut story = Story::new();
    story.held = true;
    story.fires("Down");
    story.fast_forward(59);
    assert_eq!(story.heard(), [""; 0]);
    story.fast_forward(1);
    assert_eq!(story.heard(), ["+60s PolicyFault mail bellwire:fallback-1"]);
    let late = story.asked.remove(0);
    assert_eq!(story.decide(late), Answer::Nothing);
}

#[test]
fn an_evaluation_that_is_lost_after_the_end_is_nothing() {
    let mut story = Story::new();
    story.held = true;
    story.fires("Down");
    story.clears("Down");
    // Fails if a deadline stays.
    story.fast_forward(301);
    assert_eq!((story.heard(), story.engine.incidents_len()), (vec![], 0));
}
