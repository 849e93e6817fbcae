-- Indices and views of winlast.sqlite; docs/queries.md shows what they answer.

CREATE INDEX timeline_by_time ON timeline (datetime);
CREATE INDEX timeline_by_session ON timeline (session_id);
CREATE INDEX timeline_by_user ON timeline (user_name);
CREATE INDEX sessions_by_id ON sessions (session_id);
CREATE INDEX sessions_by_start ON sessions (start);
CREATE INDEX sessions_by_user ON sessions (user_name);
CREATE INDEX sessions_by_source ON sessions (source_ip);
CREATE INDEX attempts_by_time ON attempts ("first");
CREATE INDEX attempts_by_session ON attempts (session_id);
CREATE INDEX boots_by_epoch ON boots (computer, boot_epoch);
CREATE INDEX findings_by_code ON findings (code);

-- Sessions of people, and of accounts that were given to a service. With primary = 1, a linked pair counts once.
CREATE VIEW people AS
SELECT * FROM sessions
WHERE session_class IN ('desktop', 'remote-desktop', 'secondary')
   OR session_class IN ('network', 'batch')
      AND coalesce(user_name, '') NOT LIKE '%$'
      AND (user_sid IS NULL OR user_sid LIKE 'S-1-5-21-%' OR user_sid LIKE 'S-1-12-1-%');

-- From when to when each session of a person was there, and until when it may have been, as the clock read: where
-- nothing else is known, until the last record of the computer's logs. A session with the flag clock-step-within has
-- readings on both sides of a step of the clock: winlast --at takes that into account, a comparison of times does not.
CREATE VIEW presence AS
SELECT session_id, computer, boot_epoch, user_domain, user_name, session_class,
       start AS from_time,
       CASE WHEN confidence IN ('high', 'medium') THEN "end" ELSE end_not_before END AS sure_until,
       coalesce(
           end_not_after,
           CASE WHEN end_basis <> 'bounded' THEN "end" END,
           (SELECT max(last_time) FROM logs
            WHERE instr('; ' || computers || '; ', '; ' || people.computer || '; ') > 0)
       ) AS possible_until,
       end_cause, confidence, source_ip, workstation, flags
FROM people
WHERE "primary";

-- Sessions that were still open at the end of their log.
CREATE VIEW open_sessions AS
SELECT session_id, computer, user_domain, user_name, session_class, start, end_not_before AS last_seen, source_ip
FROM people
WHERE "primary" AND end_cause = 'open';

-- Sessions over Remote Desktop: those that began so, and those that somebody took over from a client.
CREATE VIEW remote_desktop AS
SELECT session_id, computer, user_domain, user_name, source_ip, workstation, start, "end", end_cause, confidence,
       active_seconds, attachments
FROM sessions
WHERE "primary" AND (session_class = 'remote-desktop' OR '; ' || attachments LIKE '%; rdp %');

-- Network logons of people by account and source.
CREATE VIEW network_logons AS
SELECT computer, user_domain, user_name, source_ip, workstation, authentication_package,
       count(*) AS logons, min(start) AS first_start, max(start) AS last_start
FROM people
WHERE session_class = 'network'
GROUP BY computer, user_domain, user_name, source_ip, workstation, authentication_package;

-- Failed logons and refused credentials by account and source, and whether a session of the account followed.
CREATE VIEW failed_logons AS
SELECT computer, user_domain, user_name, source_ip, workstation, sum("count") AS failures,
       min("first") AS first_time, max("last") AS last_time, count(success_session_id) > 0 AS success_followed
FROM attempts
WHERE attempt <> 'explicit-credentials'
GROUP BY computer, user_domain, user_name, source_ip, workstation;

-- What each account of a person did on each computer.
CREATE VIEW accounts AS
SELECT user_domain, user_name, user_sid, computer, count(*) AS sessions,
       count(DISTINCT source_ip) AS sources, min(start) AS first_start, max(start) AS last_start
FROM people
WHERE "primary"
GROUP BY user_domain, user_name, user_sid, computer;

-- Boots that ended with a crash or a loss of power, with the interval in which it came.
CREATE VIEW crashes AS
SELECT computer, boot_epoch, start, end_cause, end_not_before, end_not_after, confidence, sessions
FROM boots
WHERE end_cause IN ('crash', 'power-off') AND clean IS NOT 1;

-- Clocks that were set, by boot.
CREATE VIEW clock_changes AS
SELECT computer, boot_epoch, start, "end", clock_steps, clock_step_seconds
FROM boots
WHERE clock_steps > 0;

-- What somebody may have done to hide something, and what the logs lack.
CREATE VIEW cleared_logs AS
SELECT computer, time, log_path, record_id, message
FROM findings
WHERE code = 'log-cleared';

CREATE VIEW record_gaps AS
SELECT path, computers, channels, record_gaps, records_missing, missing_record_ids, verdict
FROM logs
WHERE records_missing > 0;
