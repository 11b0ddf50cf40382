"""What revision 0002 lets a PostgreSQL server enforce by itself, whatever program is connected.

The owner of the tables, and a superuser, are not bound: only anchors kept elsewhere show what they
change. Everybody else is the person whose ``login`` is the session's user, and nobody where there
is none. Like the revision it belongs to, this text is frozen: a later revision replaces functions.
"""

# Every function names its search path: else a temporary table could stand in for the real one.
_PATH = "SET search_path = public, pg_temp"

STATEMENTS = (
    f"""
    CREATE FUNCTION af_owner() RETURNS boolean LANGUAGE sql STABLE {_PATH} AS $$
        SELECT pg_has_role(session_user, relowner, 'MEMBER')
        FROM pg_class WHERE oid = 'public.people'::regclass
    $$
    """,
    f"""
    CREATE FUNCTION af_person() RETURNS integer LANGUAGE sql STABLE {_PATH} AS $$
        SELECT id FROM people
        WHERE login = session_user AND (left_on IS NULL OR left_on > current_date)
    $$
    """,
    f"""
    CREATE FUNCTION af_holds(wanted text, at_department text, on_day date, who integer)
    RETURNS boolean LANGUAGE sql STABLE {_PATH} AS $$
        SELECT EXISTS (
            SELECT FROM role_grants
            WHERE person_id = who AND role = wanted
              AND (at_department IS NULL OR department = at_department)
              AND valid_from <= on_day AND (valid_to IS NULL OR valid_to >= on_day)
        ) OR EXISTS (
            SELECT FROM deputies
            WHERE person_id = who AND role = wanted
              AND (at_department IS NULL OR department = at_department)
              AND on_day BETWEEN valid_from AND valid_to
        )
    $$
    """,
    f"""
    CREATE FUNCTION af_administers() RETURNS boolean LANGUAGE sql STABLE {_PATH} AS $$
        SELECT af_owner() OR af_holds('administrator', NULL, current_date, af_person())
    $$
    """,
    f"""
    CREATE FUNCTION af_stands_in(place text, for_person integer) RETURNS boolean
    LANGUAGE sql STABLE {_PATH} AS $$
        SELECT for_person = af_person() OR EXISTS (
            SELECT FROM deputies
            WHERE person_id = af_person() AND principal_id = for_person AND role = place
              AND current_date BETWEEN valid_from AND valid_to
        )
    $$
    """,
    f"""
    CREATE FUNCTION af_may_on_case(act text, of_case integer) RETURNS boolean
    LANGUAGE sql STABLE {_PATH} AS $$
        SELECT EXISTS (
            SELECT FROM cases c
            JOIN workflow_versions v ON v.id = c.workflow_version_id,
            LATERAL jsonb_array_elements_text(v.canonical::jsonb #> ARRAY['rights', act]) AS role
            WHERE c.id = of_case AND CASE role
                WHEN 'case_officer' THEN af_stands_in('case_officer', c.officer_id)
                WHEN 'champion' THEN af_stands_in('champion', c.champion_id)
                ELSE af_holds(role, NULL, current_date, af_person())
            END
        )
    $$
    """,
    # --- the journals are stamped with who is really logged in, and when the server saw it -------
    f"""
    CREATE FUNCTION af_stamp_journal() RETURNS trigger LANGUAGE plpgsql {_PATH} AS $$
    BEGIN
        IF NOT af_owner() THEN
            IF af_person() IS NULL THEN
                RAISE EXCEPTION 'nobody here logs in as %', session_user USING ERRCODE = 'AF001';
            ELSIF NEW.actor_id <> af_person() THEN
                RAISE EXCEPTION 'whoever logs in as % cannot act as somebody else', session_user
                    USING ERRCODE = 'AF001';
            END IF;
        END IF;
        NEW.login := session_user || ' ' || to_char(
            clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"');
        RETURN NEW;
    END $$
    """,
    "CREATE TRIGGER af_stamp BEFORE INSERT ON journal "
    "FOR EACH ROW EXECUTE FUNCTION af_stamp_journal()",
    "CREATE TRIGGER af_stamp BEFORE INSERT ON council_journal "
    "FOR EACH ROW EXECUTE FUNCTION af_stamp_journal()",
    # --- a sign-off is one person's answer, once, to what was asked -------------------------------
    f"""
    CREATE FUNCTION af_check_request() RETURNS trigger LANGUAGE plpgsql {_PATH} AS $$
    DECLARE c cases;
    BEGIN
        IF af_owner() THEN RETURN NEW; END IF;
        SELECT * INTO c FROM cases WHERE id = NEW.case_id FOR UPDATE;
        IF NEW.decision IS NOT NULL THEN
            RAISE EXCEPTION 'a sign-off is asked before it is given' USING ERRCODE = 'AF001';
        ELSIF c.closed_on IS NOT NULL OR c.stage_visit <> NEW.stage_visit THEN
            RAISE EXCEPTION 'the case is in another stage' USING ERRCODE = 'AF001';
        ELSIF NOT af_may_on_case('request_signoff', c.id)
          AND NOT af_may_on_case('record_signoff', c.id) THEN
            RAISE EXCEPTION 'whoever logs in as % may not ask for sign-offs', session_user
                USING ERRCODE = 'AF001';
        ELSIF encode(sha256(convert_to(NEW.statement, 'UTF8')), 'hex') <> NEW.statement_sha256 THEN
            RAISE EXCEPTION 'the hash is not that of the statement' USING ERRCODE = 'AF001';
        END IF;
        RETURN NEW;
    END $$
    """,
    "CREATE TRIGGER af_check BEFORE INSERT ON signoffs "
    "FOR EACH ROW EXECUTE FUNCTION af_check_request()",
    f"""
    CREATE FUNCTION af_check_answer() RETURNS trigger LANGUAGE plpgsql {_PATH} AS $$
    DECLARE c cases; wrong text;
    BEGIN
        IF af_owner() THEN RETURN NEW; END IF;
        -- What it says in words may be erased; who answered what, and when, may not.
        IF af_holds('information_officer', NULL, current_date, af_person())
          AND NEW.evidence IN (OLD.evidence, '', '(erased)')
          AND NEW.conditions IN (OLD.conditions, '', '(erased)')
          AND NEW.statement IN (OLD.statement, '', '(erased)')
          AND (OLD.case_id, OLD.stage_visit, OLD.trigger, OLD.department, OLD.round,
               OLD.statement_sha256, OLD.decision, OLD.decided_on, OLD.signatory_id, OLD.method)
            IS NOT DISTINCT FROM
              (NEW.case_id, NEW.stage_visit, NEW.trigger, NEW.department, NEW.round,
               NEW.statement_sha256, NEW.decision, NEW.decided_on, NEW.signatory_id, NEW.method)
        THEN RETURN NEW; END IF;
        SELECT * INTO c FROM cases WHERE id = NEW.case_id FOR UPDATE;
        wrong := CASE
            WHEN (OLD.case_id, OLD.stage_visit, OLD.trigger, OLD.department, OLD.round,
                  OLD.statement, OLD.statement_sha256, OLD.requested_on, OLD.due_on)
              IS DISTINCT FROM
                 (NEW.case_id, NEW.stage_visit, NEW.trigger, NEW.department, NEW.round,
                  NEW.statement, NEW.statement_sha256, NEW.requested_on, NEW.due_on)
            THEN 'what was asked cannot be changed afterwards'
            WHEN OLD.decision = 'signed' THEN 'a sign-off that was given cannot be changed'
            WHEN NEW.decision IS NULL THEN 'an answer cannot be taken back'
            WHEN c.closed_on IS NOT NULL OR c.stage_visit <> NEW.stage_visit
            THEN 'the case is in another stage'
            WHEN NEW.signatory_id = c.officer_id THEN 'who prepares a case cannot sign it off'
            WHEN NOT af_holds('signatory', NEW.department, NEW.decided_on, NEW.signatory_id)
            THEN 'the signatory does not sign for that department on that day'
            WHEN NEW.recorded_by_id IS DISTINCT FROM af_person()
            THEN 'whoever logs in as ' || session_user || ' cannot act as somebody else'
            WHEN NOT af_may_on_case('record_signoff', c.id)
            THEN 'whoever logs in as ' || session_user || ' may not record sign-offs'
            WHEN NEW.method = 'cli-login' AND NEW.signatory_id <> af_person()
            THEN 'nobody signs as somebody else'
            WHEN NEW.method IS DISTINCT FROM 'cli-login' AND NEW.evidence = ''
              AND NEW.evidence_id IS NULL
            THEN 'nothing shows the answer'
        END;
        IF wrong IS NOT NULL THEN
            RAISE EXCEPTION '%', wrong USING ERRCODE = 'AF001';
        END IF;
        NEW.login := session_user || ' ' || to_char(
            clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"');
        RETURN NEW;
    END $$
    """,
    "CREATE TRIGGER af_check_answer BEFORE UPDATE ON signoffs "
    "FOR EACH ROW EXECUTE FUNCTION af_check_answer()",
    # --- who is who is for administrators ---------------------------------------------------------
    f"""
    CREATE FUNCTION af_check_login() RETURNS trigger LANGUAGE plpgsql {_PATH} AS $$
    BEGIN
        IF NOT af_administers() AND (
            (TG_OP = 'INSERT' AND NEW.login IS NOT NULL)
            OR (TG_OP = 'UPDATE' AND NEW.login IS DISTINCT FROM OLD.login)
        ) THEN
            RAISE EXCEPTION 'only an administrator says who logs in as whom'
                USING ERRCODE = 'AF001';
        END IF;
        RETURN NEW;
    END $$
    """,
    "CREATE TRIGGER af_check_login BEFORE INSERT OR UPDATE ON people "
    "FOR EACH ROW EXECUTE FUNCTION af_check_login()",
    *(
        statement
        for table in ("people", "role_grants", "deputies", "signoffs", "objections", "evidence")
        for statement in (
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
            f"CREATE POLICY af_read ON {table} FOR SELECT USING (true)",
        )
    ),
    *(
        f"CREATE POLICY af_{change.lower()} ON {table} FOR {change} {clause} (af_owner() OR {rule})"
        for table, rule in (
            ("people", "af_person() IS NOT NULL"),
            ("signoffs", "af_person() IS NOT NULL"),
            ("objections", "af_person() IS NOT NULL"),
            ("evidence", "recorded_by_id = af_person()"),
            ("role_grants", "(af_administers() AND person_id <> af_person())"),
            (
                "deputies",
                "((af_administers() AND person_id <> af_person()) "
                "OR (principal_id = af_person() AND person_id <> af_person()))",
            ),
        )
        for change, clause in (("INSERT", "WITH CHECK"), ("UPDATE", "USING"))
    ),
)
