"""What went wrong at Northwind Cloud, and how its team told its customers."""

from app.demo.stories.account import ACCOUNT_STORIES
from app.demo.stories.data import DATA_STORIES
from app.demo.stories.earlier import EARLIER_STORIES
from app.demo.stories.network import NETWORK_STORIES
from app.demo.stories.platform import PLATFORM_STORIES

PAST_STORIES = (*PLATFORM_STORIES, *DATA_STORIES, *NETWORK_STORIES, *ACCOUNT_STORIES, *EARLIER_STORIES)
