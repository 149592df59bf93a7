//! Links in mails by which their reader can act: made for a message, opened when one comes back. Nothing is stored of
//! them; whoever has the key can make them, so it is a secret. Touches one file, that of a key made by itself.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bellwire_core::{IncidentId, Instant, Secret, Span};
use bellwire_http::{ActionLink, LinkRefusal};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::{
    ffi::OsString,
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// How long a link holds.
const HOLDS: Span = Span::from_secs(7 * 86_400);
/// So that a signature under the same key for another purpose is none here.
const PURPOSE: &[u8] = b"bellwire mail link 1\0";
const KEY_BYTES: usize = 32;
const MAC_BYTES: usize = 32;
const EXPIRY_BYTES: usize = 8;
/// Of an incident's id, and of the one who acts.
const NAME_BYTES_MAX: usize = 200;
const TOKEN_BYTES_MAX: usize = (EXPIRY_BYTES + 1 + 2 * NAME_BYTES_MAX + MAC_BYTES).div_ceil(3) * 4;

/// What signs the links.
pub(crate) struct LinkKey(Vec<u8>);

pub(crate) struct Links {
    key: LinkKey,
    /// None: there is no address to link to, and no link is made.
    external_url: Option<String>,
}

impl LinkKey {
    pub fn of(secret: &Secret) -> Self {
        Self(secret.expose().as_bytes().to_vec())
    }

    /// The key in the file beside the store; made there at the first start. Without it no link of before holds.
    pub fn beside(store: &Path) -> io::Result<Self> {
        let path = suffixed(store, ".links-key");
        match fs::read(&path) {
            Ok(bytes) if bytes.len() == KEY_BYTES => return Ok(Self(bytes)),
            // Cut short at some time: no link was ever made with it.
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let mut key = vec![0; KEY_BYTES];
        getrandom::fill(&mut key).map_err(io::Error::other)?;
        // Under another name until it is whole, and never readable for others.
        let made = suffixed(store, ".links-key.new");
        match fs::remove_file(&made) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&made)?;
        file.write_all(&key)?;
        file.sync_all()?;
        fs::rename(&made, &path)?;
        Ok(Self(key))
    }

    fn mac(&self, payload: &[u8]) -> Option<Hmac<Sha256>> {
        // A key of any length is taken.
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        mac.update(PURPOSE);
        mac.update(payload);
        Some(mac)
    }
}

impl Links {
    pub fn new(key: LinkKey, external_url: Option<String>) -> Self {
        Self { key, external_url: external_url.map(|url| url.trim_end_matches('/').to_owned()) }
    }

    /// For `who`: a person's name, or an address. None: there is no `external_url`, or a name is too long for a link.
    pub fn url(&self, incident: &IncidentId, who: &str, now: Instant) -> Option<String> {
        let base = self.external_url.as_ref()?;
        let incident = incident.to_string();
        let fits = |name: &str| (1..=NAME_BYTES_MAX).contains(&name.len());
        let length = u8::try_from(incident.len()).ok().filter(|_| fits(&incident) && fits(who))?;
        let mut token = now.saturating_add(HOLDS).as_millis().to_be_bytes().to_vec();
        token.push(length);
        token.extend_from_slice(incident.as_bytes());
        token.extend_from_slice(who.as_bytes());
        let mac = self.key.mac(&token)?.finalize().into_bytes();
        token.extend_from_slice(&mac);
        Some(format!("{base}/act/{}", URL_SAFE_NO_PAD.encode(token)))
    }

    /// Whether it is ours comes first: of one that is not, nothing is read.
    pub fn open(&self, token: &str, now: Instant) -> Result<ActionLink, LinkRefusal> {
        let link = self.read(token).ok_or(LinkRefusal::Forged)?;
        if now >= link.expires_at { Err(LinkRefusal::Expired) } else { Ok(link) }
    }

    fn read(&self, token: &str) -> Option<ActionLink> {
        let token = Some(token).filter(|token| token.len() <= TOKEN_BYTES_MAX)?;
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (payload, mac) = bytes.split_last_chunk::<MAC_BYTES>()?;
        self.key.mac(payload)?.verify_slice(mac).ok()?;
        let (expiry, names) = payload.split_first_chunk::<EXPIRY_BYTES>()?;
        let (length, names) = names.split_first()?;
        let (incident, by) = names.split_at_checked(usize::from(*length))?;
        Some(ActionLink {
            incident: std::str::from_utf8(incident).ok()?.parse().ok()?,
            by: std::str::from_utf8(by).ok()?.into(),
            expires_at: Instant::from_millis(u64::from_be_bytes(*expiry)),
        })
    }
}

fn suffixed(store: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(store);
    name.push(suffix);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant::from_millis(1_795_230_720_000);

    fn links(key: &str) -> Links {
        Links::new(LinkKey::of(&Secret::new(key)), Some("https://bellwire.example.org/".into()))
    }

    fn token(links: &Links) -> String {
        let url = links.url(&"payments-12".parse().unwrap(), "ann", NOW).unwrap();
        url.strip_prefix("https://bellwire.example.org/act/").unwrap().to_owned()
    }

    #[test]
    fn opens_until_it_expires() {
        let (links, week) = (links("key"), Span::from_secs(7 * 86_400));
        let token = token(&links);
        let expires_at = NOW.saturating_add(week);
        let link = ActionLink { incident: "payments-12".parse().unwrap(), by: "ann".into(), expires_at };
        assert_eq!(links.open(&token, NOW), Ok(link.clone()));
        assert_eq!(links.open(&token, expires_at.saturating_sub(Span::from_millis(1))), Ok(link));
        assert_eq!(links.open(&token, expires_at), Err(LinkRefusal::Expired));
    }

    #[test]
    fn every_other_text_is_forged() {
        let ours = links("key");
        let token = token(&ours);
        for at in 0..token.len() {
            let mut other = token.clone().into_bytes();
            other[at] = if other[at] == b'A' { b'B' } else { b'A' };
            let other = String::from_utf8(other).unwrap();
            assert_eq!(ours.open(&other, NOW), Err(LinkRefusal::Forged), "{at}");
            assert_eq!(ours.open(&token[..at], NOW), Err(LinkRefusal::Forged), "cut at {at}");
        }
        for other in [format!("{token}A"), format!("{token}=="), "é".into(), "A".repeat(100_000)] {
            assert_eq!(ours.open(&other, NOW), Err(LinkRefusal::Forged));
        }
        assert_eq!(links("another").open(&token, NOW), Err(LinkRefusal::Forged));
        // Signed with our key, for another purpose.
        let bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
        let payload = &bytes[..bytes.len() - MAC_BYTES];
        let mut mac = Hmac::<Sha256>::new_from_slice(b"key").unwrap();
        mac.update(payload);
        let foreign = [payload, &mac.finalize().into_bytes()].concat();
        assert_eq!(ours.open(&URL_SAFE_NO_PAD.encode(foreign), NOW), Err(LinkRefusal::Forged));
    }

    #[test]
    fn without_an_address_or_with_an_endless_name_there_is_no_link() {
        let incident = "payments-12".parse().unwrap();
        let nowhere = Links::new(LinkKey::of(&Secret::new("key")), None);
        assert_eq!(nowhere.url(&incident, "ann", NOW), None);
        assert_eq!(links("key").url(&incident, &"a".repeat(NAME_BYTES_MAX + 1), NOW), None);
        let longest = links("key").url(&incident, &"a".repeat(NAME_BYTES_MAX), NOW).unwrap();
        let (_, token) = longest.rsplit_once('/').unwrap();
        assert!(links("key").open(token, NOW).is_ok());
    }

    #[test]
    fn the_key_beside_the_store_stays() {
        let directory = tempfile::tempdir().unwrap();
        let store = directory.path().join("bellwire.db");
        let first = LinkKey::beside(&store).unwrap().0;
        assert_eq!(first.len(), KEY_BYTES);
        assert_eq!(LinkKey::beside(&store).unwrap().0, first);
        let path = directory.path().join("bellwire.db.links-key");
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions());
            assert_eq!(mode & 0o777, 0o600);
        }
        fs::write(&path, &first[..7]).unwrap();
        let second = LinkKey::beside(&store).unwrap().0;
        assert_eq!(second.len(), KEY_BYTES);
        assert_ne!(second, first);
    }
}
