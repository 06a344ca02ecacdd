from django.urls import path

from tests.notes import pages

app_name = "notes"
urlpatterns = [path("", pages.notes, name="list")]
