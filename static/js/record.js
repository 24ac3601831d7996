/* Record CE: its scripts in the order in which they start; the draft tells the others what it puts back.
   Collecting static files joins them into this file (amtportal/static_files.py). */
import "./record/type.js";
import "./record/amount.js";
import "./record/day.js";
import "./record/chosen.js";
import "./record/preview.js";
import "./record/draft.js";
import "./record/reading.js";
