//! Progress on a terminal: what begins, how far along it is, how long it took.

use std::time::Duration;

/// Numbered headings of a task whose number of steps is known.
pub struct Steps {
    done: usize,
    all: usize,
}

impl Steps {
    pub fn new(all: usize) -> Self {
        Self { done: 0, all }
    }

    pub fn begin(&mut self, what: &str) {
        self.done += 1;
        println!("\n[{}/{}] {what}", self.done, self.all);
    }
}

/// `48 s`, `3 min 05 s`.
pub fn readable(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match (seconds / 60, seconds % 60) {
        (0, seconds) => format!("{seconds} s"),
        (minutes, seconds) => format!("{minutes} min {seconds:02} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        assert_eq!(readable(Duration::from_millis(48_900)), "48 s");
        assert_eq!(readable(Duration::from_secs(185)), "3 min 05 s");
    }
}
