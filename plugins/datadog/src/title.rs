//! A monitor's title without what Datadog puts before it, which is another each time: `[Triggered on {host:a}] Disk full`.

const TRANSITIONS: [&str; 9] =
    ["Triggered", "Re-Triggered", "Recovered", "No Data", "Re-No Data", "Warn", "Re-Warn", "Renotify", "TEST"];

/// `[P1] [Warn on {host:a}] Disk full` is `Disk full`. Brackets of the author's own stay.
pub fn without_transition(title: &str) -> &str {
    let mut rest = title.trim();
    while let Some((inside, after)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        if !is_transition(inside) && !matches!(inside, "P1" | "P2" | "P3" | "P4" | "P5") {
            break;
        }
        rest = after.trim_start();
    }
    rest
}

fn is_transition(text: &str) -> bool {
    TRANSITIONS
        .iter()
        .any(|transition| text.strip_prefix(transition).is_some_and(|rest| rest.is_empty() || rest.starts_with(" on ")))
}

#[cfg(test)]
mod tests {
    use super::without_transition;

    #[test]
    fn only_what_datadog_put_there_goes() {
        for (title, rest) in [
            ("[Triggered on {host:ip-012345}] Host is Down", "Host is Down"),
            ("[P2] [Recovered] CPU high", "CPU high"),
            ("[Re-Warn on {a:b,c:d}] [db] slow", "[db] slow"),
            ("[db] [Triggered] slow", "[db] [Triggered] slow"),
            ("[Triggered", "[Triggered"),
            ("[Recovered]", ""),
        ] {
            assert_eq!(without_transition(title), rest, "{title}");
        }
    }
}
