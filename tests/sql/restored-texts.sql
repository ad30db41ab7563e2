-- Texts that a server prints in another form once they have been dumped and restored, and their neighbours. What is true of each: a stock restore changes
-- it at most in its form, and comparing says that it is the same.
create table j(id int primary key, d jsonb, t text, ts timestamptz);
insert into j values (1,'{"a":[1,2],"b":"x"}','{"a":1}',now());
create view v6 as select id, k from (select id, 'a' as k from j union all select id, 'b' from j union all select id, null from j union all select 5, t from j) q;
create view v6b as select a,b,c,d from (select 1 as a, now() as b, array[1,2] as c, 'x'::varchar(3) as d union all select 2, '2020-01-01', '{}', 'y' union all select 3,null,null,null) q;
create view v7 as with x as (select 1 as a union select 2) , y(p,q) as (select 'a','b' union all select 'c','d' union all select null, null) select * from x, y;
create view v8 as select (select 'a' union all select 'b' limit 1) z, exists (select 1 union select null) e, array(select 'x' union all select 'y') arr, 1 in (select 1 union select 2) i from j;
create view v9 as values ('a', 1), ('b', null), (null, 2);
create view v10 as select * from (values ('a', 1), ('b', null)) v(x,y) union all select 'z', 5;
create view v11 as select * from (select 'a'::char(5) as c, 1::bit(3) as b, interval '1 day' as i, true as t, 1.5 as n, 2::numeric(5,2) as m, date '2020-01-01' as d, time '10:00' tm, '1'::bit varying as bv, 'x'::"char" as ch, '{1}'::int[] as ia, 1::smallint s, 1::bigint bi, 1::real r, 1::double precision dp, timestamptz '2020-01-01' tz, timetz '10:00+00' ttz, b'101' as bb
   union all select 'b', b'001', '2 days', false, 2, 3, '2020-01-02', '11:00', '0', 'y', '{2}', 2, 2, 2, 2, '2020-01-02', '11:00+00', b'111'
   union all select null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null) q;
create type mood as enum ('a','b');
create domain dom as text check (value <> '');
create type "Odd type" as (a int, b text);
create view v12 as select * from (select 'a'::mood as m, 'x'::dom as d, row(1,'x')::"Odd type" as o, array['a'::mood] am union all select 'b','y', null, null union all select null,null,row(2,'y')::"Odd type", '{b}') q;
create view v13 as select * from (select current_date as d, current_user u, coalesce(null,1) c, nullif(1,2) n, greatest(1,2) g, case when true then 'x' end e, row(1,2)::text r, array[1] arr, exists(select 1) ex, extract(year from now()) y, (select 1) s, id+1 as p, d->'a' as q from j
  union all select current_date, session_user, coalesce(null,2), nullif(2,1), least(1,2), case when false then 'x' else 'y' end, row(3,4)::text, array[2], not exists(select 1), extract(month from now()), (select 2), id*2, d->'b' from j
  union all select null, null, null, null, null, null, null, null, null, null, null, null, null) z;
create view v14 as select * from (select 'a' as k intersect select 'b' except select null) q;
create view v15 as select k from ((select 'a' as k union select 'b') union all (select 'c' union select 'd' order by 1 limit 1)) q;
create materialized view m1 as select k, count(*) from (select 'order' as k union all select 'invoice') q group by k;
create rule r as on insert to v6 do instead insert into j select q.id, null, q.t, null from (select 1 as id, 'x' as t union all select 2, 'y') q;
create function f() returns table(a text, b int) begin atomic select * from (select 'x' as a, 1 as b union all select 'y', null) q; end;
create policy p on j using (t in (select 'a' union all select 'b'));
create view v16 as select xmltable.* from xmltable('/r' passing '<r><a>1</a></r>' columns a int path 'a' default 5, o for ordinality);
create view v17 as select g.x, g.y, grouping(id) from (select 1 as x, 'b' as y union all select 2, 'z') g, j group by grouping sets ((g.x,g.y,id),());
create view v18 as select sum(id) over w, lag(id,1,0) over (order by id rows between unbounded preceding and current row exclude ties) from j window w as (partition by t order by ts range between '1 day' preceding and '1 day' following);
create view v19 as with recursive t(n, s) as (select 1, 'a'::text union all select n+1, s || 'b' from t where n < 5) search depth first by n set o cycle n set c using pth select n, s, c from t;
create view v20 as select * from (select 1 as a, 'x' as int4 union all select 2, 'y' union all select 3, null::text) q;
create view v21 as select * from (select id as a, t as b from j union all select 1::int, 'x'::text union all select cast('3' as integer), cast(null as text)) q;
create view v22 as select * from j tablesample bernoulli (50) repeatable (1);
create view v23 as select q.a, ('x'||q.b) collate "C" as b from (select 1 as a, 'x' collate "C" as b union all select 2, 'y' collate "C") q;
create view v24 as select * from (select '{"a":1}'::jsonb as j, point '(1,1)' p, int4range(1,2) r, inet '1.1.1.1' i, 'a'::name nm, 'pg_class'::regclass rc, 1::oid o, '\x00'::bytea b, 'a'::tsvector tv, uuid '00000000-0000-0000-0000-000000000000' u, 1::money mn union all select '{}', '(2,2)', '[3,4)', '2.2.2.2', 'b', 'pg_proc', 2, '\x01', 'b', '00000000-0000-0000-0000-000000000001', 2::money) q;
create view v25 as select interval '1' day as a, interval '1-2' year to month b, timestamp(2) '2020-01-01' c, time(3) '10:00' d, varchar 'x' e, cast('x' as char) f, 'x'::bpchar g union all select interval '2' day, null, '2020-01-02', '11:00', 'y', 'z', 'w';
create view v25b as select * from (select interval '1' day as a, cast('1' as interval(3)) b, timestamp(2) '2020-01-01' c, time(3) '10:00' d, varchar 'x' e, cast('x' as char) f, 'x'::bpchar g, 'x'::character varying(5) h, 1::numeric(4) i union all select interval '2' day, '2', '2020-01-02', '11:00', 'y', 'z', 'w', 'y', 3 union all select null, null,null,null,null,null,null,null,null) q;
create statistics st on (case when t in ('a','b') then 'x' else 'y' end), (id+1) from j;
create index ix on j ((case when t = any(array['a','b']) then 1 else 2 end)) where (t like 'a%' or (t > 'b' and (id > 1 and id < 5)) or t is null);
alter table j add check (id > 0 and (id < 100 and (id <> 50 or id = any('{1,2}'::int[])))), add check (t::varchar <> any (array['a','b']::varchar[])), add check (not (id between 5 and 6)), add check (t !~~ all (array['a%', 'b'])), add check ((t,id) <> ('a',1)), add check (t is distinct from 'q');
