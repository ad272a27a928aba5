-- fail2ban has one ban time for each jail. When BanGUI was asked for another one, it
-- knows the end itself, and a job brings it about.

ALTER TABLE intent ADD COLUMN lift_at BIGINT;
ALTER TABLE ban ADD COLUMN lift_at BIGINT;
CREATE INDEX ban_lift ON ban (lift_at, id) WHERE lift_at IS NOT NULL;
