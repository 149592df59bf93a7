//! A schedule as an iCalendar feed, for calendar programs. Those that cannot send a bearer token use basic auth.

use super::{addressed, days, view};
use crate::{
    backend::Backend,
    problem::{ErrorBody, Problem},
    server::Context,
    when,
};
use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::header,
    response::IntoResponse,
};
use bellwire_core::{Duty, Instant, Schedule, Stretch, Team, Why};
use calcard::{
    common::PartialDateTime,
    icalendar::{
        ICalendar, ICalendarComponent, ICalendarComponentType as Kind, ICalendarProperty as Property, ICalendarValue,
    },
};
use std::sync::Arc;

const DAYS_PAST: u64 = 7;
const DAYS_AHEAD: u64 = 90;

/// The last 7 days and the next 90 as iCalendar: an event for each person's duty.
#[utoipa::path(get, path = "/api/v1/oncall/{team}/{schedule}/calendar.ics", tag = "on-call",
    params(("team" = String, Path), ("schedule" = String, Path)),
    responses((status = 200, description = "A calendar of RFC 5545", body = String, content_type = "text/calendar"),
        (status = 401, description = "No valid credential", body = ErrorBody),
        (status = 404, description = "There is no such schedule", body = ErrorBody)))]
pub(crate) async fn calendar<B: Backend>(
    State(context): State<Arc<Context<B>>>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<impl IntoResponse, Problem> {
    let roster = context.backend.roster();
    let (team, schedule) = addressed(&roster, path)?;
    let now = context.backend.now();
    let (from, until) = (now.saturating_sub(days(DAYS_PAST)), now.saturating_add(days(DAYS_AHEAD)));
    let stretches = schedule.stretches(from, until, &roster.overrides_of(&team.name, &schedule.name));
    let headers = [(header::CONTENT_TYPE, "text/calendar; charset=utf-8"), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")];
    Ok((headers, text(team, schedule, &stretches, now)))
}

fn text(team: &Team, schedule: &Schedule, stretches: &[Stretch], now: Instant) -> String {
    let name = format!("On call: {}/{}", team.name, schedule.name);
    let mut whole = ICalendarComponent::new(Kind::VCalendar);
    whole.add_property(Property::Version, said("2.0"));
    whole.add_property(Property::Prodid, said("-//Bellwire//On-call//EN"));
    whole.add_property(Property::Name, said(&name));
    // For programs that do not know the name of RFC 7986.
    whole.add_property(Property::Other("X-WR-CALNAME".to_owned()), said(&name));
    whole.add_property(Property::Other("X-WR-TIMEZONE".to_owned()), said(&schedule.zone_name));
    let events: Vec<_> = shifts(stretches).iter().map(|shift| event(team, schedule, shift, now)).collect();
    whole.component_ids = (1..).take(events.len()).collect();
    ICalendar { components: [whole].into_iter().chain(events).collect() }.to_string()
}

fn event(team: &Team, schedule: &Schedule, shift: &Shift<'_>, now: Instant) -> ICalendarComponent {
    let Shift { from, until, duty: Duty { person, why } } = shift;
    let schedule = format!("{}/{}", team.name, schedule.name);
    let why = match why {
        Why::Layer { layer } => format!("layer {layer}"),
        Why::Override { id, by, reason } if reason.is_empty() => format!("override {id} by {by}"),
        Why::Override { id, by, reason } => format!("override {id} by {by}: {reason}"),
    };
    let mut event = ICalendarComponent::new(Kind::VEvent);
    event.add_property(Property::Uid, said(&format!("{schedule}/{person}/{}@bellwire", from.as_millis())));
    event.add_property(Property::Dtstamp, utc(now));
    event.add_property(Property::Dtstart, utc(*from));
    event.add_property(Property::Dtend, utc(*until));
    event.add_property(Property::Summary, said(&format!("{} on call ({schedule})", view::display(team, person))));
    event.add_property(Property::Description, said(&why));
    // Being on call leaves a person free to be invited.
    event.add_property(Property::Transp, said("TRANSPARENT"));
    event
}

/// The library escapes what has a meaning in a calendar; other control characters have no place in one.
fn said(text: &str) -> ICalendarValue {
    ICalendarValue::Text(text.replace(char::is_control, " "))
}

/// In UTC, so that no program needs to know the zone.
fn utc(instant: Instant) -> ICalendarValue {
    ICalendarValue::PartialDateTime(Box::new(PartialDateTime::from_utc_timestamp(when::to_jiff(instant).as_second())))
}

/// One person's duty for one reason, however often those beside the person change meanwhile.
struct Shift<'a> {
    from: Instant,
    until: Instant,
    duty: &'a Duty,
}

fn shifts(stretches: &[Stretch]) -> Vec<Shift<'_>> {
    let (mut done, mut open) = (Vec::new(), Vec::<Shift<'_>>::new());
    for stretch in stretches {
        let (go_on, over): (Vec<_>, Vec<_>) =
            open.into_iter().partition(|shift| shift.until == stretch.from && stretch.people.contains(shift.duty));
        done.extend(over);
        open = go_on;
        for duty in &stretch.people {
            match open.iter_mut().find(|shift| shift.duty == duty) {
                Some(shift) => shift.until = stretch.until,
                None => open.push(Shift { from: stretch.from, until: stretch.until, duty }),
            }
        }
    }
    done.extend(open);
    done.sort_by_key(|shift| shift.from);
    done
}
