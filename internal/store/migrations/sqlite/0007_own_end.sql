-- fail2ban has one ban time for each jail. When BanGUI was asked for another one, it
-- knows the end itself: the scheduler orders it under the fence of its term, and the
-- console that serves the host carries it out.

ALTER TABLE intent ADD COLUMN lift_at BIGINT;
ALTER TABLE ban ADD COLUMN lift_at BIGINT;
ALTER TABLE ban ADD COLUMN ordered_epoch BIGINT;
CREATE INDEX ban_overdue ON ban (lift_at, id) WHERE lift_at IS NOT NULL AND ended_at IS NULL;
CREATE INDEX ban_cut_short ON ban (lift_at, id) WHERE lift_at IS NOT NULL AND end_reason = 'expired';
