//! What is wrong with an event in itself: what the parser would pass over, and what would never end.

use calcard::{
    common::timezone::Tz,
    icalendar::{ICalendarComponent, ICalendarFrequency, ICalendarProperty, ICalendarRecurrenceRule, ICalendarValue},
};

/// Recurrences of one rule within a day.
const A_DAY_MAX: usize = 96;

/// `zones`: those that the calendar declares. The error is for a person.
pub(super) fn judge(event: &ICalendarComponent, zones: &[&str]) -> Result<(), String> {
    for entry in &event.entries {
        let unknown = entry.tz_id().filter(|id| !zones.contains(id) && id.parse::<Tz>().is_err());
        if let Some(zone) = unknown {
            return Err(format!("this event is in a time zone that is not known, {zone:?}"));
        }
        let first = entry.values.first();
        let understood = match entry.name {
            ICalendarProperty::Dtstart | ICalendarProperty::Dtend | ICalendarProperty::RecurrenceId => {
                matches!(first, Some(ICalendarValue::PartialDateTime(_)))
            }
            ICalendarProperty::Rrule => match first {
                Some(ICalendarValue::RecurrenceRule(rule)) if too_often(rule) => {
                    return Err("this event recurs too often for anybody's duty".into());
                }
                Some(ICalendarValue::RecurrenceRule(rule)) if mixes_weekdays(rule) => {
                    return Err("the RRULE of this event names weekdays both with and without a number".into());
                }
                first => matches!(first, Some(ICalendarValue::RecurrenceRule(_))),
            },
            ICalendarProperty::Duration => matches!(first, Some(ICalendarValue::Duration(_))),
            ICalendarProperty::Exdate => {
                entry.values.iter().all(|value| matches!(value, ICalendarValue::PartialDateTime(_)))
            }
            ICalendarProperty::Rdate => entry
                .values
                .iter()
                .all(|value| matches!(value, ICalendarValue::PartialDateTime(_) | ICalendarValue::Period(_))),
            _ => true,
        };
        if !understood {
            return Err(format!("the {} of this event cannot be understood", entry.name.as_str()));
        }
    }
    Ok(())
}

fn too_often(rule: &ICalendarRecurrenceRule) -> bool {
    let each = |list: &[u8]| list.len().max(1);
    matches!(rule.freq, ICalendarFrequency::Secondly | ICalendarFrequency::Minutely)
        || each(&rule.byhour) * each(&rule.byminute) * each(&rule.bysecond) > A_DAY_MAX
}

/// The expansion finds nothing then.
fn mixes_weekdays(rule: &ICalendarRecurrenceRule) -> bool {
    rule.byday.iter().any(|day| day.ordwk.is_some()) && rule.byday.iter().any(|day| day.ordwk.is_none())
}
