@echo off
rem Fetches models by the same downloader as the page: resumed after every interruption, checked by sha256.
rem download_models.bat               the three that are named below
rem download_models.bat base_1_7b     these; "qwentts models list" names all
setlocal
set "root=%~dp0"
call "%root%scripts\find-python.bat" || exit /b 1
%python% "%root%scripts\install.py" light || exit /b 1
cd /d "%root%"
set "keys=%*"
if "%keys%"=="" set "keys=custom_0_6b base_0_6b design_1_7b"
set failed=0
for %%k in (%keys%) do (
    echo.
    echo ==== %%k ====
    ".venv\Scripts\python.exe" -m backend.cli models download %%k || set failed=1
)
exit /b %failed%
