"""The PostgreSQL that other tests stand on."""

import pytest
import sqlalchemy

from tests.services import Postgres

pytestmark = pytest.mark.postgres


def test_each_test_has_an_empty_database_that_outlives_a_crash(postgres: Postgres, postgres_url: str) -> None:
    assert postgres_url != postgres.new_database()
    engine = sqlalchemy.create_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("create table t (x integer)"))
    engine.dispose()
    postgres.stop()
    postgres.start()
    with engine.begin() as connection:
        assert connection.execute(sqlalchemy.text("select count(*) from t")).scalar_one() == 0
    engine.dispose()
