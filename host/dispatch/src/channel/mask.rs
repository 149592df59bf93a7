//! Takes secrets out of what a service answered, in every form in which it may repeat one. Pure.

use bellwire_core::Secret;
use reqwest::Url;
use std::collections::BTreeSet;

const INSTEAD: &str = "[secret]";

pub(crate) struct Mask {
    /// The longest first: a secret may be a part of another.
    forms: Vec<String>,
}

impl Mask {
    pub fn of<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        let mut forms: Vec<String> = secrets.into_iter().flat_map(|secret| forms(secret.expose())).collect();
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        Self { forms }
    }

    /// `cut`: the text has been cut off at its end, which may have left a part of a secret.
    pub fn hide(&self, text: &str, cut: bool) -> String {
        let mut text = text.to_owned();
        for form in &self.forms {
            if text.contains(form.as_str()) {
                text = text.replace(form.as_str(), INSTEAD);
            }
        }
        if cut {
            let end = self.forms.iter().map(|form| beginning(&text, form)).max().unwrap_or(0);
            text.truncate(text.len() - end);
        }
        text
    }
}

/// How much of `form` the text ends with.
fn beginning(text: &str, form: &str) -> usize {
    // A character that was cut in two has become another one.
    let whole = text.trim_end_matches(char::REPLACEMENT_CHARACTER);
    let cut = text.len() - whole.len();
    let lengths = form.char_indices().map(|(at, _)| at).filter(|at| *at > 0);
    lengths.filter(|at| whole.ends_with(&form[..*at])).max().map_or(0, |length| length + cut)
}

fn forms(secret: &str) -> BTreeSet<String> {
    let mut values = BTreeSet::from([secret.to_owned()]);
    // Of a URL, what follows the host is what nobody may know, and requests are repeated without their host.
    if let Ok(url) = Url::parse(secret)
        && url.has_host()
    {
        values.insert(url.to_string());
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        values.extend(Some(format!("{}{query}", url.path())).filter(|path| path.len() > 1));
    }
    let written = values.iter().flat_map(|value| {
        let json = serde_json::Value::from(value.as_str()).to_string();
        let json = json[1..json.len() - 1].to_owned();
        let (upper, lower) = (percent_encoded(value, true), percent_encoded(value, false));
        let html = value.replace('&', "&amp;");
        let strict_html = html.replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;");
        let mut forms = vec![value.clone(), upper, lower, json.replace('/', "\\/"), json, html, strict_html];
        forms.extend(in_a_url(value));
        forms
    });
    written.filter(|form| !form.is_empty()).collect()
}

/// As the URL of a request has it: only what must be encoded there is.
fn in_a_url(value: &str) -> Vec<String> {
    let Ok(mut url) = Url::parse("http://host/") else { return Vec::new() };
    url.set_path(value);
    url.set_query(Some(value));
    let path = if value.starts_with('/') { Some(url.path()) } else { url.path().strip_prefix('/') };
    // What was left out, as in `a/../b`, is no form of the secret.
    path.into_iter().chain(url.query()).filter(|form| form.len() > value.len()).map(str::to_owned).collect()
}

fn percent_encoded(text: &str, upper: bool) -> String {
    let written = text.bytes().map(|byte| match byte {
        b'-' | b'.' | b'_' | b'~' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => char::from(byte).to_string(),
        byte if upper => format!("%{byte:02X}"),
        byte => format!("%{byte:02x}"),
    });
    written.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hide(secrets: &[&str], text: &str) -> String {
        let secrets: Vec<Secret> = secrets.iter().map(|secret| Secret::new(*secret)).collect();
        Mask::of(&secrets).hide(text, false)
    }

    #[test]
    fn a_secret_is_hidden_however_it_is_written() {
        let secret = "12:A/b+c&\"d\"";
        for (text, expected) in [
            ("bot12:A/b+c&\"d\"/sendMessage", "bot[secret]/sendMessage"),
            ("%31? 12%3AA%2Fb%2Bc%26%22d%22", "%31? [secret]"),
            ("12%3aA%2fb%2bc%26%22d%22", "[secret]"),
            (r#"{"path":"12:A/b+c&\"d\""}"#, r#"{"path":"[secret]"}"#),
            (r#"{"path":"12:A\/b+c&\"d\""}"#, r#"{"path":"[secret]"}"#),
            ("<a>12:A/b+c&amp;\"d\"</a>", "<a>[secret]</a>"),
            ("<a>12:A/b+c&amp;&quot;d&quot;</a>", "<a>[secret]</a>"),
            ("GET /bot12:A/b+c&%22d%22/x", "GET /bot[secret]/x"),
            ("12:A/b+c", "12:A/b+c"),
        ] {
            assert_eq!(hide(&[secret], text), expected);
        }
        assert_eq!(hide(&[], "nothing to hide"), "nothing to hide");
        assert_eq!(hide(&["abc", "abcdef"], "abcdef abc"), "[secret] [secret]", "the longer one first");
    }

    #[test]
    fn what_is_secret_in_a_url_is_hidden_without_its_host() {
        let url = "https://hooks.example.com/flows/1/invoke?api=1&sig=s3cr3t";
        assert_eq!(hide(&[url], "POST /flows/1/invoke?api=1&sig=s3cr3t not found"), "POST [secret] not found");
        assert_eq!(hide(&[url], url), "[secret]");
        assert_eq!(hide(&["https://hooks.example.com"], "/ and /x"), "/ and /x", "a bare slash hides nothing");
        assert_eq!(
            hide(&["https://hooks.example.com/x"], "fax to /x"),
            "fax to [secret]",
            "nor does it without its slash"
        );
    }

    #[test]
    fn what_was_cut_ends_with_no_part_of_a_secret() {
        let secret = Secret::new("sésame-street");
        let mask = Mask::of([&secret]);
        assert_eq!(mask.hide("the token is sésame-str", true), "the token is ");
        assert_eq!(mask.hide("the token is sésame-str", false), "the token is sésame-str");
        assert_eq!(mask.hide("the token: s\u{FFFD}", true), "the token: ", "a character was cut in two");
        assert_eq!(mask.hide("the token: s3same", true), "the token: s3same");
        assert_eq!(mask.hide("it is sésame-street", true), "it is [secret]");
    }
}
