-- Grain: an order where it stands at an instant: its stage, how long it has been there, and how much of its
-- promise is used up (REFERENCE §1.5). Readers: order_aging, the list of orders of the API, data teams:
--     SELECT * FROM order_stays(at = '2026-03-02 12:00:00') WHERE stage = 'picking'
-- Same-day and standard orders age in hours; wholesale in business days of the node: business time divided
-- by the mean length of an open day. Consumption = (now - clock start) / (due - clock start), both on that
-- clock; it stands still under a hold of the customer; above 100 % is after the due date.
CREATE VIEW order_stays AS
WITH
  stays AS (
    SELECT
      order_id, stage, entered_at, clock_at, due_at, paused_at, node_id, channel_id, sla_class, calendar
    FROM order_stages
    WHERE at <= {at:DateTime64(3)}
    GROUP BY
      order_id, stage, entered_at, clock_at, due_at, paused_at, node_id, channel_id, sla_class, calendar
    HAVING sum(delta * sign) > 0
  ),
  clocks AS (
    SELECT
      *,
      splitByChar('|', calendar) AS parts,
      arraySlice(parts, 2) AS days,
      arrayMap(
        day -> toFloat64(greatest(0, toInt32OrZero(splitByChar('-', day)[2]) - toInt32OrZero(splitByChar('-', day)[1]))),
        days
      ) AS open_minutes,
      arrayMap(
        (day, number) -> (number - 1) * 1440 + toInt32OrZero(splitByChar('-', day)[1]),
        days,
        arrayEnumerate(days)
      ) AS opens_at,
      arraySum(open_minutes) AS week,
      least({at:DateTime64(3)}, ifNull(paused_at, {at:DateTime64(3)})) AS clock_now,
      -- Minutes since Monday 1970-01-05 at the node.
      arrayMap(
        instant -> toUnixTimestamp64Milli(instant) / 60000 + toInt32OrZero(parts[1]) - 5760,
        [toDateTime64({at:DateTime64(3)}, 3, 'UTC'), entered_at, toDateTime64(clock_now, 3, 'UTC'), clock_at, due_at]
      ) AS minutes,
      if(
        week = 0,
        minutes,
        arrayMap(
          minute -> floor(minute / 10080) * week + arraySum(
            (opens, length) -> least(toFloat64(length), greatest(0., minute - floor(minute / 10080) * 10080 - opens)),
            opens_at,
            open_minutes
          ),
          minutes
        )
      ) AS run,
      if(week = 0, 1440, week / arrayCount(length -> length > 0, open_minutes)) AS day_minutes,
      (run[1] - run[2]) / 60 AS age_h,
      (run[1] - run[2]) / day_minutes AS age_d,
      (run[3] - run[4]) / nullIf(run[5] - run[4], 0) AS consumption
    FROM stays
  )
SELECT
  order_id,
  stage,
  stage NOT IN ('shipped', 'delivered', 'cancelled') AS is_open,
  sla_class,
  node_id,
  channel_id,
  entered_at,
  due_at,
  paused_at,
  age_h,
  consumption,
  multiIf(
    sla_class = 'same_day',
    multiIf(age_h < 1, '0-1 h', age_h < 2, '1-2 h', age_h < 4, '2-4 h', age_h < 8, '4-8 h', '>8 h'),
    sla_class = 'standard',
    multiIf(age_h < 4, '0-4 h', age_h < 12, '4-12 h', age_h < 24, '12-24 h', age_h < 48, '24-48 h', '>48 h'),
    multiIf(age_d < 1, '0-1 d', age_d < 2, '1-2 d', age_d < 3, '2-3 d', age_d < 5, '3-5 d', '>5 d')
  ) AS bucket,
  multiIf(
    clock_now > due_at, '>100 %',
    consumption >= 0.8, '80-100 %',
    consumption >= 0.5, '50-80 %',
    '<50 %'
  ) AS used
FROM clocks
COMMENT 'Orders at an instant: stage, age in it, and how much of the promise is used up'
