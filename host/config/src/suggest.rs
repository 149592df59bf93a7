//! Did you mean …?

/// The remedy for a name that does not exist: the nearest that does, else all of them.
pub(crate) fn remedy<'a>(name: &str, known: impl IntoIterator<Item = &'a str>, none: &str) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => none.to_owned(),
        None => {
            const SHOWN_MAX: usize = 20;
            let listed: Vec<String> = known.iter().take(SHOWN_MAX).map(|name| format!("`{name}`")).collect();
            format!("there are: {}{}", listed.join(", "), if known.len() > SHOWN_MAX { ", …" } else { "" })
        }
    }
}

pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    // A third of it may be wrong.
    let distance_max = (name.chars().count() / 3).max(1);
    known
        .map(|candidate| (strsim::damerau_levenshtein(&name, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= distance_max)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
