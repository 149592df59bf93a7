//! Fetches the calendars that the configuration takes from a URL, keeps the last good copy of each, and has the
//! configuration read anew when one changed.
//!
//! What comes is a stranger's text: it is bounded, and checked before it takes the place of what is there. A URL may be
//! a secret, so no message has it.

use crate::{alarm::Waiter, clock::Clock, measure, recurring::Recurring, reload::Reloader};
use bellwire_config::{Feed, check_calendar};
use bellwire_core::{Instant, Span};
use reqwest::{StatusCode, header};
use std::{
    collections::HashMap,
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

const FETCH_TIME_MAX: Duration = Duration::from_secs(10);
/// Some ten thousand events.
const BODY_BYTES_MAX: usize = 1 << 20;
/// After a failure, if `refresh` is not sooner.
const RETRY: Span = Span::from_secs(300);

pub(crate) struct Feeds {
    pub recurring: Arc<Recurring>,
    pub reloader: Reloader,
    pub clock: Clock,
    client: reqwest::Client,
    /// By the file of its copy.
    known: HashMap<PathBuf, Known>,
}

/// What is known of one feed since the start.
struct Known {
    etag: Option<header::HeaderValue>,
    due: Instant,
    /// None: never fetched. An error: why not.
    last: Option<Result<(), String>>,
}

enum Fetched {
    Same,
    New { text: String, etag: Option<header::HeaderValue> },
}

impl Feeds {
    pub fn new(recurring: Arc<Recurring>, reloader: Reloader, clock: Clock) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .user_agent(concat!("Bellwire/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .timeout(FETCH_TIME_MAX)
            .build()?;
        Ok(Self { recurring, reloader, clock, client, known: HashMap::new() })
    }

    /// For ever.
    pub async fn run(mut self, mut waiter: Waiter) {
        loop {
            let due = self.look().await;
            waiter.wait(due).await;
        }
    }

    /// Fetches what is due; answers when something is due next.
    async fn look(&mut self) -> Option<Instant> {
        let feeds = self.recurring.feeds.load_full();
        self.known.retain(|file, _| feeds.iter().any(|feed| feed.file == *file));
        let mut changed = false;
        for feed in feeds.iter() {
            let now = self.clock.now();
            if self.known.get(&feed.file).is_none_or(|known| known.due <= now) {
                changed |= self.refresh(feed).await;
            }
        }
        if changed {
            // What came of it is in the log; with an error the old configuration stays, and the copy is there for the next.
            drop(self.reloader.reload().await);
        }
        feeds.iter().filter_map(|feed| self.known.get(&feed.file)).map(|known| known.due).min()
    }

    /// Has its copy changed?
    async fn refresh(&mut self, feed: &Feed) -> bool {
        let known = self.known.remove(&feed.file);
        let (etag, last) = known.map_or((None, None), |known| (known.etag, known.last));
        let outcome = self.take(feed, etag.as_ref()).await;
        let name = format!("{}/{}", feed.team, feed.calendar);
        measure::fetched(match &outcome {
            Ok(Taken::Changed { .. }) => "changed",
            Ok(Taken::Unchanged { .. }) => "unchanged",
            Err(_) => "failed",
        });
        // Once for each change, and not each hour of a server that is gone for a week.
        match (&outcome, &last) {
            (Err(reason), None | Some(Ok(()))) => {
                tracing::error!(calendar = name, reason, "the calendar cannot be fetched; the last good copy stays");
            }
            (Err(reason), Some(Err(before))) if reason != before => {
                tracing::error!(
                    calendar = name,
                    reason,
                    "the calendar still cannot be fetched, now for another reason"
                );
            }
            (Ok(_), Some(Err(_))) => tracing::info!(calendar = name, "the calendar can be fetched again"),
            (Ok(_), None | Some(Ok(()))) | (Err(_), Some(Err(_))) => {}
        }
        let (wait, changed, etag, last) = match outcome {
            Ok(Taken::Changed { etag }) => (feed.refresh, true, etag, Ok(())),
            Ok(Taken::Unchanged { etag: new }) => (feed.refresh, false, new.or(etag), Ok(())),
            Err(reason) => (feed.refresh.min(RETRY), false, etag, Err(reason)),
        };
        let due = self.clock.now().saturating_add(wait);
        self.known.insert(feed.file.clone(), Known { etag, due, last: Some(last) });
        changed
    }

    async fn take(&self, feed: &Feed, etag: Option<&header::HeaderValue>) -> Result<Taken, String> {
        // Without a copy there is nothing that could be the same.
        let etag = etag.filter(|_| feed.file.is_file());
        let (text, etag) = match self.fetch(feed, etag).await? {
            Fetched::Same => return Ok(Taken::Unchanged { etag: None }),
            Fetched::New { text, etag } => (text, etag),
        };
        check_calendar(&text)?;
        let file = feed.file.clone();
        let kept = tokio::task::spawn_blocking(move || keep(&file, &text)).await.map_err(|error| error.to_string())?;
        let failed = |error: io::Error| format!("its copy {} cannot be written: {error}", feed.file.display());
        Ok(match kept.map_err(failed)? {
            true => Taken::Changed { etag },
            false => Taken::Unchanged { etag },
        })
    }

    async fn fetch(&self, feed: &Feed, etag: Option<&header::HeaderValue>) -> Result<Fetched, String> {
        let said = |error: reqwest::Error| root(&error.without_url());
        let mut request = self.client.get(feed.url.expose()).header(header::ACCEPT, "text/calendar");
        if let Some(etag) = etag {
            request = request.header(header::IF_NONE_MATCH, etag.clone());
        }
        let mut response = request.send().await.map_err(said)?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_MODIFIED => return Ok(Fetched::Same),
            status if status.is_redirection() => {
                return Err(format!("its server answers {status}; name the URL that it redirects to"));
            }
            status => return Err(format!("its server answers {status}")),
        }
        let etag = response.headers().get(header::ETAG).cloned();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(said)? {
            if body.len() + chunk.len() > BODY_BYTES_MAX {
                return Err(format!("it is larger than {} KiB", BODY_BYTES_MAX >> 10));
            }
            body.extend_from_slice(&chunk);
        }
        let text = String::from_utf8(body).map_err(|_| "it is not UTF-8".to_owned())?;
        Ok(Fetched::New { text, etag })
    }
}

/// `etag`: of the text that was taken, if it has one.
enum Taken {
    Changed { etag: Option<header::HeaderValue> },
    Unchanged { etag: Option<header::HeaderValue> },
}

/// Whoever reads the copy meanwhile reads the old one or the new one. Was it another?
fn keep(file: &Path, text: &str) -> io::Result<bool> {
    match fs::read(file) {
        Ok(copy) if copy == text.as_bytes() => return Ok(false),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut new = OsString::from(file);
    new.push(".new");
    fs::write(&new, text)?;
    fs::rename(&new, file)?;
    Ok(true)
}

/// The cause at the bottom, which is the one that says something.
fn root(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), root)
}
